/* The page: theme, tips of the diagrams, tables that sort, and what is chosen in one place shown in all. */

const sortBy = (table, column, direction) => {
  const body = table.tBodies[0], rows = [...body.rows];
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  keyed.sort((a, b) => {
    if (a.key === '' || b.key === '') return (a.key === '') - (b.key === ''); // what is not known stays below
    const order = Number.isNaN(+a.key) || Number.isNaN(+b.key) ? a.key.localeCompare(b.key, undefined, { numeric: true }) : a.key - b.key;
    return direction * order;
  });
  body.append(...keyed.map(({ row }) => row));
};

const sortable = (table) => {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector('button').addEventListener('click', () => {
    const before = head.getAttribute('aria-sort'), words = head.classList.contains('text');
    const ascending = before ? before === 'descending' : words;
    heads.forEach((other) => other.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
    sortBy(table, column, ascending ? 1 : -1);
  }));
};

const themed = (button, view) => {
  const show = () => {
    button.textContent = isDark() ? '☀' : '☾';
    button.setAttribute('aria-label', isDark() ? 'Light colours' : 'Dark colours');
    if (view) { view.colours = null; view.draw(); }
  };
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    try { localStorage.setItem(remembered, root.dataset.theme); } catch { /* kept for this visit only */ }
  });
  new MutationObserver(show).observe(root, { attributes: true, attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  show();
};

/* The titles of marks show at once, as the map's do. */
const tips = (tip) => {
  for (const title of document.querySelectorAll('.chart title')) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  const show = (event) => {
    const mark = event.target.closest('[data-tip]');
    if (!mark) { tip.hide(); return; }
    const [first, ...rest] = mark.dataset.tip.split('\n');
    tip.show([element('b', {}, [first]), rest.join('\n')], event.clientX, event.clientY);
  };
  for (const chart of document.querySelectorAll('.chart')) {
    chart.addEventListener('pointermove', show);
    chart.addEventListener('pointerleave', () => tip.hide());
  }
};

/* Marks and rows of one object (or of a pair) light up together. */
const linked = (controls) => {
  const marks = [...document.querySelectorAll('.chart [data-i], .figures tr[data-i]')];
  controls.listeners.push((i, partner) => {
    const lit = (mark) => {
      const a = +mark.dataset.i, b = mark.dataset.j === undefined ? -1 : +mark.dataset.j;
      if (i < 0) return false;
      if (partner >= 0 && b >= 0) return (a === i && b === partner) || (a === partner && b === i);
      return mark.tagName === 'tr' || mark.tagName === 'TR' ? (b < 0 ? a === i : a === i || b === i) : a === i || b === i || (b < 0 && a === partner);
    };
    for (const mark of marks) mark.classList.toggle('lit', lit(mark));
    for (const id of ['shepard', 'residuals']) document.querySelector(`#${id} .chart`)?.classList.toggle('lit-off', i >= 0);
  });
  document.addEventListener('click', (event) => {
    const mark = event.target.closest('.figures tr[data-i], .chart [data-i]');
    if (mark) controls.choose(+mark.dataset.i, mark.dataset.j === undefined ? -1 : +mark.dataset.j);
  });
};

const start = () => {
  const began = performance.now(), host = document.querySelector('.viewer'), data = host.querySelector('.map-data');
  const tip = new Tip();
  try {
    const controls = new MapControls(host, JSON.parse(data.textContent), tip);
    data.remove();
    themed(document.querySelector('.theme'), controls.view);
    tips(tip);
    linked(controls);
    document.querySelectorAll('table.figures').forEach(sortable);
    window.Report = { controls, view: controls.view };
    requestAnimationFrame(() => {
      controls.view.paint();
      host.dataset.opened = (performance.now() - began).toFixed(0);
      host.dataset.state = 'ready';
    });
  } catch (error) {
    host.dataset.state = 'failed';
    host.append(element('p', { class: 'wait', role: 'alert' }, [String(error.message || error)]));
  }
};
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
else start();
