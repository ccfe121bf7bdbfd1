/* Mounting: every .flamescale element with data in it becomes a viewer. */

try {
  const kept = localStorage.getItem('flamescale-theme');
  if (kept && !document.documentElement.dataset.theme) document.documentElement.dataset.theme = kept;
} catch {
  /* no storage: the system's choice */
}

const viewers = [];

const mount = async (host) => {
  if (host.dataset.state) return null;
  host.dataset.state = 'loading';
  const meta = host.querySelector('.flamescale-meta');
  const data = host.querySelector('.flamescale-data');
  const began = performance.now();
  try {
    const profile = await readProfile(JSON.parse(meta.textContent), data.textContent);
    const embedded = host.dataset.embedded !== undefined;
    data.remove();
    host.querySelector('.flamescale-wait')?.remove();
    const viewer = new FlameViewer(host, profile, {
      embedded, prefix: embedded ? `${host.id}.` : '', heading: host.dataset.heading || '',
    });
    viewers.push(viewer);
    host.viewer = viewer;
    requestAnimationFrame(() => {
      viewer.chart.paint();
      host.dataset.opened = (performance.now() - began).toFixed(0);
      host.dataset.state = 'ready';
      if (!embedded) viewer.canvas.focus({ preventScroll: true, focusVisible: false });
    });
    return viewer;
  } catch (error) {
    host.dataset.state = 'failed';
    host.append(element('p', { class: 'flamescale-wait', role: 'alert' }, [String(error.message || error)]));
    return null;
  }
};

const mountAll = () => document.querySelectorAll('.flamescale').forEach((host) => mount(host));
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', mountAll);
else mountAll();

window.FlameGraph = { mount, viewers };
