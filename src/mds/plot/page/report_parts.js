/* The colours of the page, and the one tip. */

const root = document.documentElement;
const remembered = 'flamescale-theme'; // shared with flame's pages
try {
  const kept = localStorage.getItem(remembered);
  if (kept) root.dataset.theme = kept;
} catch { /* no storage: the system's choice */ }

const isDark = () => root.dataset.theme === 'dark' || (!root.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);

const COLOURS = 10;
const palette = () => {
  const style = getComputedStyle(root);
  const get = (name) => style.getPropertyValue(name).trim();
  return {
    groups: Array.from({ length: COLOURS }, (_, k) => get(`--c${k}`)),
    card: get('--card'), ink: get('--ink'), quiet: get('--quiet'), faint: get('--faint'), grid: get('--grid'), warm: get('--warm'),
    accent: get('--accent'), match: get('--match'),
  };
};

/* Shapes of equal area around 0,0 for a circle of radius 1, as in the plain map: past ten groups colours come round
   again with another shape. */
const SHAPES = [
  'M-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0z', 'M-.886,-.886h1.772v1.772h-1.772z', 'M0,-1.45L1.3,.8H-1.3z',
  'M0,-1.253L1.253,0L0,1.253L-1.253,0z', 'M-.45,-1.2h.9v.75h.75v.9h-.75v.75h-.9v-.75h-.75v-.9h.75z',
];
const shapeOf = (group) => (group + Math.floor(group / COLOURS)) % SHAPES.length;

const searchIcon = () => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.4 10.4L14 14');
  svg.append(path);
  return svg;
};

const figure = (value) => (value === null || value === undefined ? '–' : String(Number(value.toPrecision(4))));

class Tip {
  constructor() {
    this.node = element('div', { class: 'tip', role: 'tooltip', hidden: true });
    document.body.append(this.node);
  }

  /* `content`: nodes or text, near a place in the window. */
  show(content, x, y) {
    this.node.replaceChildren(...content);
    this.node.hidden = false;
    const box = this.node.getBoundingClientRect();
    const left = x + 16 + box.width > innerWidth - 6 ? x - 14 - box.width : x + 16;
    const top = y + 14 + box.height > innerHeight - 6 ? y - 12 - box.height : y + 14;
    this.node.style.transform = `translate(${Math.max(6, left)}px, ${Math.max(6, top)}px)`;
  }

  hide() { this.node.hidden = true; }
}
