/* What the page is made of: icons, buttons and the like. */

/* Line drawings on a 16 x 16 grid. */
const ICONS = {
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.4 10.4L14 14',
  previous: 'M4 10l4-4 4 4',
  next: 'M4 6l4 4 4-4',
  close: 'M4 4l8 8M12 4l-8 8',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6',
  settings: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3M5.5 10a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3',
  save: 'M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11',
  link: 'M6.5 9.5l3-3M7 4.5l1.6-1.6a3 3 0 0 1 4.3 4.3L11.3 8.8M9 11.5l-1.6 1.6a3 3 0 0 1-4.3-4.3L4.7 7.2',
  theme: 'M13.5 9.6A6 6 0 0 1 6.4 2.5 6 6 0 1 0 13.5 9.6z',
  help: 'M5.8 6a2.2 2.2 0 1 1 3.3 1.9c-.8.5-1.1.9-1.1 1.8M8 12.4v.1',
  sandwich: 'M2.5 4c0-1.4 2.5-2 5.5-2s5.5.6 5.5 2v1.5h-11zM2.5 8h11M2.5 10.5h11V12c0 1.4-2.5 2-5.5 2s-5.5-.6-5.5-2z',
  hide: 'M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM8 6.4a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2M3 13L13 3',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  reset: 'M3 3v4h4M3.3 7A5.2 5.2 0 1 1 3 9.5',
  only: 'M2 3.5h12L9.5 9v4.5l-3-1.5V9z',
};

const icon = (name) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'fl-icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
};

const iconButton = (name, label, keys, action) => {
  const button = element('button', { type: 'button', class: 'fl-button fl-icon-button', 'aria-label': label, title: keys ? `${label} (${keys})` : label }, [icon(name)]);
  button.addEventListener('click', action);
  return button;
};

/* A labelled <select>; `options` are [value, text]. */
const choice = (label, options, value, action) => {
  const select = element('select', { class: 'fl-select', 'aria-label': label },
    options.map(([key, text]) => element('option', { value: key, selected: key === value }, [text])));
  select.addEventListener('change', () => action(select.value));
  return element('label', { class: 'fl-choice' }, [element('span', {}, [label]), select]);
};
