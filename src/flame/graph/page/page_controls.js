/* The elements around the canvas, and how they follow the state. */

const VIEWS = [
  ['flame', 'Flame', 'What is called from where: the width is the share of samples'],
  ['callers', 'Callers', 'Every function by its own samples, and who calls it'],
  ['sandwich', 'Sandwich', 'One function: its callers above, what it calls below'],
];

const HELP = [
  ['Move', [
    ['\u2190 \u2191 \u2193 \u2192', 'Select the neighbouring frame'], ['Enter', 'Zoom to the selected frame'],
    ['Backspace', 'Zoom out one frame'], ['0', 'Reset the zoom'], ['+  \u2212', 'Zoom in and out'],
    ['Shift + \u2190 \u2192', 'Pan'], ['PgUp  PgDn', 'Scroll the levels'], ['Home', 'Back to the root'],
  ]],
  ['Find', [
    ['/', 'Search (regular expression)'], ['n  N', 'Next and previous match'],
    ['Ctrl + I', 'Upper and lower case matter'], ['o', 'Only stacks that match'], ['Esc', 'Clear the search'],
  ]],
  ['View', [
    ['f', 'Flame graph'], ['c', 'Callers of every function'], ['s', 'Sandwich of the selected function'],
    ['t', 'Table of functions'], ['m', 'Merge by function, line or file'], ['x', 'Hide the selected function'],
    ['i', 'Turn upside down'], ['k', 'Next colouring'],
  ]],
  ['Page', [
    ['l', 'Copy a link to this view'], ['e', 'Save this view as SVG'], ['d', 'Dark or light'], ['?', 'This help'],
  ]],
];
const mouseHelp = (embedded) =>
  `Click a frame to zoom, click it again to go back. ${embedded ? 'Ctrl with the wheel' : 'The wheel'} zooms at the pointer, dragging pans, Shift with the wheel scrolls the levels. Drag in the overview to choose a range.`;

const buildControls = (v) => {
  const { meta, diff } = v;
  v.root = element('div', { class: `fl-viewer${v.place.embedded ? ' fl-embedded' : ''}` });
  v.still = window.matchMedia('(prefers-reduced-motion: reduce)');
  v.darkQuery = window.matchMedia('(prefers-color-scheme: dark)');

  /* title, views, search, buttons */
  const heading = element(v.place.embedded ? 'h2' : 'h1', { class: 'fl-title' }, [visibleText(v.title)]);
  const title = element('div', { class: 'fl-head' }, [heading]);
  if (meta.subtitle) title.append(element('p', { class: 'fl-subtitle' }, [visibleText(meta.subtitle)]));
  v.tabs = new Map();
  const tabs = element('div', { class: 'fl-tabs', role: 'tablist', 'aria-label': 'View' });
  for (const [key, text, hint] of VIEWS) {
    const tab = element('button', { type: 'button', role: 'tab', class: 'fl-tab', title: `${hint} (${key[0]})`, 'data-view': key }, [text]);
    tab.addEventListener('click', () => v.setView(key));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const at = VIEWS.findIndex(([k]) => k === key);
      const next = VIEWS[(at + step + VIEWS.length) % VIEWS.length][0];
      v.setView(next);
      v.tabs.get(next).focus();
      event.preventDefault();
      event.stopPropagation();
    });
    v.tabs.set(key, tab);
    tabs.append(tab);
  }

  v.searchBox = element('input', { type: 'search', class: 'fl-search-box', placeholder: 'Search', 'aria-label': 'Search names (regular expression)', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off' });
  v.searchBox.value = v.state.search;
  v.searchBox.addEventListener('input', () => {
    clearTimeout(v.searchTimer);
    v.searchTimer = setTimeout(() => v.setSearch(v.searchBox.value), v.profile.tree.n > 3e5 ? 180 : 40);
  });
  v.caseButton = element('button', { type: 'button', class: 'fl-case', title: 'Upper and lower case matter (Ctrl+I)', 'aria-label': 'Upper and lower case matter' }, ['Aa']);
  v.caseButton.addEventListener('click', () => v.setSearch(v.state.search, !v.state.caseOn));
  v.stepInfo = element('span', { class: 'fl-step-info', 'aria-hidden': 'true' });
  v.previousButton = iconButton('previous', 'Previous match', 'N, Shift+Enter', () => v.stepMatch(-1));
  v.nextButton = iconButton('next', 'Next match', 'n, Enter', () => v.stepMatch(1));
  v.onlyButton = iconButton('only', 'Only stacks that match', 'o', () => v.setOnly(!v.state.only));
  const search = element('div', { class: 'fl-search', role: 'search' }, [
    icon('search'), v.searchBox, v.stepInfo, v.caseButton, v.previousButton, v.nextButton, v.onlyButton]);

  v.tableButton = iconButton('table', 'Table of functions', 't', () => v.set('table', !v.state.table));
  v.settingsButton = iconButton('settings', 'Merge, colour and order', '', () => toggleSettings(v));
  v.settingsButton.setAttribute('aria-haspopup', 'true');
  const buttons = element('div', { class: 'fl-buttons', role: 'toolbar', 'aria-label': 'Tools' }, [
    v.tableButton, v.settingsButton,
    iconButton('save', 'Save this view as SVG', 'e', () => saveView(v)),
    iconButton('link', 'Copy a link to this view', 'l', () => copyLink(v)),
    iconButton('theme', 'Dark or light', 'd', () => v.toggleTheme()),
    iconButton('help', 'Help', '?', () => openHelp(v)),
  ]);
  v.settings = element('div', { class: 'fl-settings', role: 'group', 'aria-label': 'Merge, colour and order', hidden: true });

  /* where we are, what matches */
  v.pathBar = element('nav', { class: 'fl-path', 'aria-label': 'Zoom' });
  v.chips = element('div', { class: 'fl-chips' });
  v.matchInfo = element('div', { class: 'fl-match', role: 'status' });
  v.legend = element('div', { class: 'fl-legend', hidden: true }, [['grew', 'grew'], ['shrank', 'shrank'], ['vanished', 'vanished']].map(([key, text]) =>
    element('span', {}, [element('i', { class: `fl-${key}` }), text])));
  v.root.classList.toggle('fl-negated', !!meta.negate);
  const info = element('div', { class: 'fl-info' }, [v.pathBar, v.chips, v.legend, v.matchInfo]);

  /* the picture */
  v.mapCanvas = element('canvas', { class: 'fl-map-canvas' });
  v.mapHost = element('div', {
    class: 'fl-map', role: 'slider', tabindex: '0', 'aria-label': 'Overview: the visible range', 'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-valuenow': '0',
  }, [v.mapCanvas]);
  v.canvas = element('canvas', {
    class: 'fl-canvas', tabindex: '0', role: 'application', 'aria-roledescription': 'flame graph',
    'aria-label': `${v.title}. Arrow keys select frames, Enter zooms, question mark shows all keys.`,
  });
  v.overlay = element('canvas', { class: 'fl-overlay', 'aria-hidden': 'true' });
  v.empty = element('div', { class: 'fl-empty', hidden: true });
  v.canvasHost = element('div', { class: 'fl-canvas-host' }, [v.canvas, v.overlay, v.empty]);
  const graph = element('div', { class: 'fl-graph' }, [v.mapHost, v.canvasHost]);
  v.tableNote = element('span', { class: 'fl-table-note' });
  v.tableHost = element('aside', { class: `fl-table${diff ? ' fl-table-diff' : ''}`, 'aria-label': 'Table of functions', hidden: true }, [
    element('div', { class: 'fl-table-bar' }, [
      element('strong', {}, [diff ? 'Largest changes' : 'Functions']), v.tableNote,
      iconButton('close', 'Close the table', 't', () => v.set('table', false))]),
  ]);
  const main = element('div', { class: 'fl-main' }, [graph, v.tableHost]);

  /* the selected frame */
  v.footText = element('div', { class: 'fl-foot-text' });
  v.footActions = element('div', { class: 'fl-foot-actions', hidden: true });
  const selected = () => v.chart.select && v.chart.select.pane.tree.group[v.chart.select.node];
  const action = (name, label, keys, run) => {
    const button = element('button', { type: 'button', class: 'fl-button', title: keys ? `${label} (${keys})` : label }, [icon(name), element('span', {}, [label])]);
    button.addEventListener('click', run);
    return button;
  };
  v.footActions.append(
    action('sandwich', 'Sandwich', 's', () => v.setView('sandwich')),
    action('search', 'Find all', '', () => v.chart.select && v.pick(selected())),
    action('hide', 'Hide', 'x', () => v.chart.select && v.hide(selected())),
    action('copy', 'Copy name', '', async () => {
      if (!v.chart.select || selected() < 0) return;
      toast(v, (await copyText(recordedName(v.profile, v.grouping.nameOf(selected())))) ? 'Name copied' : 'The browser did not allow copying');
    }));
  v.foot = element('footer', { class: 'fl-foot' }, [v.footText, v.footActions]);

  v.tip = element('div', { class: 'fl-tip', role: 'tooltip', hidden: true });
  v.toast = element('div', { class: 'fl-toast', hidden: true });
  v.live = element('div', { class: 'fl-offscreen', 'aria-live': 'polite' });
  v.paper = element('div', { class: 'fl-print', 'aria-hidden': 'true' });
  v.help = makeHelp(v);
  v.root.append(
    element('header', { class: 'fl-bar' }, [title, tabs, search, buttons, v.settings]),
    info, main, v.foot, v.tip, v.toast, v.live, v.help, v.paper);
  v.host.append(v.root);
  fillSettings(v);
};

const fillSettings = (v) => {
  const s = v.state;
  const list = [];
  v.settingChoices = new Map();
  const add = (key, label, options) => {
    const made = choice(label, options, s[key], (value) => v.set(key, value));
    v.settingChoices.set(key, made.querySelector('select'));
    list.push(made);
  };
  const merges = [['line', v.hasLines ? 'Line' : 'As recorded'], ['file', v.hasLines ? 'File' : 'Module']];
  if (v.hasLines) merges.unshift(['function', 'Function']);
  add('merge', 'Merge by', merges);
  const colours = [['name', 'Name'], ['module', v.hasLines ? 'File' : 'Module']];
  if (v.diff) colours.unshift(['change', 'Change']);
  add('colour', 'Colour by', colours);
  const orders = [['auto', 'As fits the view'], ['name', 'Name'], ['size', 'Size']];
  if (v.meta.time) orders.push(['time', 'Time']);
  add('order', 'Order by', orders);
  if (v.diff) {
    add('width', 'Width', [['both', 'Before and after'], ['after', 'After'], ['before', 'Before']]);
    add('change', 'Change in', [['share', 'Share'], ['count', 'Samples']]);
    add('of', 'Colour shows', [['self', 'Own samples'], ['total', 'All below']]);
  }
  const flip = element('button', { type: 'button', class: 'fl-button', title: 'Turn upside down (i)' }, ['Root on top']);
  flip.addEventListener('click', () => v.set('flip', !v.state.flip));
  v.flipButton = flip;
  list.push(element('div', { class: 'fl-choice' }, [element('span', {}, ['Direction']), flip]));
  v.settings.replaceChildren(...list);
};

const toggleSettings = (v, open = v.settings.hidden) => {
  v.settings.hidden = !open;
  v.settingsButton.setAttribute('aria-expanded', String(open));
  if (open) v.settings.querySelector('select').focus();
};

const makeHelp = (v) => {
  const close = iconButton('close', 'Close', 'Esc', () => v.help.close());
  const columns = HELP.map(([title, keys]) => element('section', {}, [
    element('h3', {}, [title]),
    element('dl', {}, keys.flatMap(([key, text]) => [
      element('dt', {}, key.split('  ').flatMap((k, i) => (i ? [' ', element('kbd', {}, [k])] : [element('kbd', {}, [k])]))),
      element('dd', {}, [text])])),
  ]));
  const dialog = element('dialog', { class: 'fl-help', 'aria-label': 'Help' }, [
    element('div', { class: 'fl-help-head' }, [element('h2', {}, ['Keys']), close]),
    element('div', { class: 'fl-help-body' }, columns),
    element('p', {}, [mouseHelp(v.place.embedded)])]);
  if (v.meta.notes) dialog.append(element('p', { class: 'fl-notes' }, [visibleText(v.meta.notes)]));
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => v.canvas.focus());
  return dialog;
};

const openHelp = (v) => {
  if (!v.help.open) v.help.showModal();
};

const toast = (v, text) => {
  v.toast.textContent = text;
  v.toast.hidden = false;
  v.announce(text);
  clearTimeout(v.toastTimer);
  v.toastTimer = setTimeout(() => (v.toast.hidden = true), 2200);
};

const copyLink = async (v) => {
  v.writeState();
  toast(v, (await copyText(location.href)) ? 'Link copied' : 'The browser did not allow copying: the address bar has the link');
};

const fileStem = (title) => title.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|-+$/g, '').slice(0, 80) || 'flamegraph';

const saveView = (v) => {
  saveFile(`${fileStem(v.title)}.svg`, exportSvg(v), 'image/svg+xml');
  toast(v, 'Saved as SVG');
};

/* ---- following the state ---- */

FlameViewer.prototype.syncControls = function syncControls() {
  const s = this.state;
  for (const [key, tab] of this.tabs) {
    tab.setAttribute('aria-selected', String(s.view === key));
    tab.tabIndex = s.view === key ? 0 : -1;
  }
  this.caseButton.setAttribute('aria-pressed', String(s.caseOn));
  this.onlyButton.setAttribute('aria-pressed', String(s.only));
  this.tableButton.setAttribute('aria-pressed', String(s.table));
  this.flipButton.setAttribute('aria-pressed', String(s.flip));
  for (const [key, select] of this.settingChoices) select.value = s[key];
  this.legend.hidden = !this.diff || s.colour !== 'change';
  if (this.tableHost.hidden === s.table) {
    this.tableHost.hidden = !s.table;
    this.chart.resize();
  }
  const searching = !!this.active && this.mark < 0;
  this.previousButton.disabled = this.nextButton.disabled = !this.active;
  this.root.classList.toggle('fl-searching', searching || !!s.search);
  this.searchBox.classList.toggle('fl-bad', !!this.searchError);
  this.searchBox.setAttribute('aria-invalid', String(!!this.searchError));
  if (document.activeElement !== this.searchBox && this.searchBox.value !== s.search) this.searchBox.value = s.search;
  const nothing = !(this.chart.panes[0].tree.w[0] > 0);
  this.empty.hidden = !nothing;
  if (nothing) this.empty.textContent = s.only ? 'No stack matches.' : this.note || 'No samples in this view.';
  const [left, right] = this.goal || [this.chart.left, this.chart.right];
  this.mapHost.setAttribute('aria-valuenow', String(Math.round(50 * (left + right))));
  this.mapHost.setAttribute('aria-valuetext', `${formatPercent(left)} to ${formatPercent(right)} of the width`);
};

/* "12.34% matched", of what the window shows. */
FlameViewer.prototype.updateMatch = function updateMatch() {
  this.matchText = '';
  this.matchShare = null;
  this.stepInfo.textContent = '';
  this.matchInfo.replaceChildren();
  if (this.searchError) {
    this.matchInfo.textContent = `Not a regular expression: ${this.searchError}`;
    return;
  }
  if (!this.active) return;
  const [left, right] = this.goal || [this.chart.left, this.chart.right];
  let after = 0;
  let before = 0;
  let frames = 0;
  this.chart.matches.forEach((found, index) => {
    frames += found.list.length;
    if (index > 0) return;
    const got = matchedSamples(this.chart.panes[index].tree, this.active, left, right);
    after += got.after;
    before += got.before;
  });
  if (this.state.view === 'sandwich' && this.chart.matches.length > 1) {
    const got = matchedSamples(this.chart.panes[1].tree, this.active, left, right);
    after = Math.max(after, got.after);
    before = Math.max(before, got.before);
  }
  const shown = this.visibleSamples(left, right);
  this.matchShare = shown.after > 0 ? after / shown.after : 0;
  let text = `${formatPercent(this.matchShare)} matched`;
  if (this.diff) text = `${formatPercent(shown.before > 0 ? before / shown.before : 0)} \u2192 ${formatPercent(this.matchShare)} matched`;
  this.matchText = text;
  this.matchInfo.append(element('strong', {}, [text]), ` ${this.counted(after)}`);
  const position = this.matchAt >= 0 ? `${(this.matchAt + 1).toLocaleString('en-US')}/` : '';
  this.stepInfo.textContent = `${position}${frames.toLocaleString('en-US')}`;
};

/* Samples in the window: those of the root, or of the part of its width that is shown. */
FlameViewer.prototype.visibleSamples = function visibleSamples(left, right) {
  if (this.zoomed) {
    const { tree } = this.zoomed.pane;
    const [a, b] = this.zoomWindow();
    if (Math.abs(a - left) + Math.abs(b - right) < 1e-6 * (right - left))
      return { after: tree.totalA[this.zoomed.node], before: this.diff ? tree.totalB[this.zoomed.node] : 0 };
  }
  const { tree } = this.chart.panes[0];
  if (right - left > 1 - 1e-9) return { after: tree.totalA[0], before: this.diff ? tree.totalB[0] : 0 };
  /* part of a width: what the deepest frames and the ends of stacks in it add up to */
  let after = 0;
  let before = 0;
  const add = (i, from, to, width, a, b) => {
    const part = width > 0 ? Math.max(0, Math.min(to, right) - Math.max(from, left)) / width : 0;
    after += a * part;
    before += b * part;
  };
  for (let i = 0; i < tree.n;) {
    const from = tree.x[i];
    const to = from + tree.w[i];
    if (to <= left || from >= right) {
      i = tree.end[i];
    } else if (from >= left && to <= right) {
      add(i, from, to, tree.w[i], tree.totalA[i], this.diff ? tree.totalB[i] : 0);
      i = tree.end[i];
    } else {
      /* its own samples lie on its right, after its callees */
      let inner = 0;
      let share = 0;
      for (let c = i + 1; c < tree.end[i]; c = tree.end[c]) inner += tree.w[c];
      share = tree.w[i] - inner;
      add(i, to - share, to, share, tree.selfA[i], this.diff ? tree.selfB[i] : 0);
      i++;
    }
  }
  return { after, before };
};

FlameViewer.prototype.updatePath = function updatePath() {
  const s = this.state;
  const items = [];
  const crumb = (text, label, run, current) => {
    const made = element('button', { type: 'button', class: 'fl-crumb', title: label, 'aria-current': current ? 'true' : null }, [element('bdi', {}, [text])]);
    made.addEventListener('click', run);
    items.push(made);
  };
  if (this.zoomed) {
    const { pane, node } = this.zoomed;
    const chain = [];
    for (let i = node; i > 0; i = pane.tree.parent[i]) chain.push(i);
    chain.reverse();
    crumb('all', 'Reset the zoom (0)', () => this.resetZoom(), false);
    const skip = Math.max(0, chain.length - (this.root.clientWidth < 620 ? 2 : 5));
    if (skip) items.push(element('span', { class: 'fl-more-crumbs', title: `${skip} more` }, ['\u2026']));
    for (const i of chain.slice(skip)) crumb(this.labelOf(pane, i), this.titleOf(pane, i), () => this.zoomTo({ pane, node: i }), i === node);
    const reset = iconButton('reset', 'Reset the zoom', '0', () => this.resetZoom());
    reset.classList.add('fl-reset');
    items.push(reset);
  } else {
    const { tree } = this.chart.panes[0];
    const words = [];
    if (s.view === 'sandwich') words.push(this.grouping.label(this.grouping.of[s.func]));
    words.push(this.counted(tree.totalA[0]));
    if (this.diff) words[words.length - 1] = `${this.formatCount(tree.totalB[0])} \u2192 ${this.counted(tree.totalA[0])}`;
    if (this.filtered) words.push(`${formatPercent(tree.totalA[0] / this.wholeA)} of all`);
    words.push(`${(this.chart.panes.reduce((sum, pane) => sum + pane.tree.n - 1, 0)).toLocaleString('en-US')} frames`);
    if (s.view === 'sandwich') words.push('callers above, callees below');
    if (s.view === 'callers') words.push('each function by its own samples, and who calls it');
    if (this.note) words.push(this.note);
    items.push(element('span', { class: 'fl-summary' }, [words.join('  \u00b7  ')]));
    if (this.chart.right - this.chart.left < 1 - 1e-9) {
      const reset = iconButton('reset', 'Reset the zoom', '0', () => this.resetZoom());
      reset.classList.add('fl-reset');
      items.push(reset);
    }
  }
  this.pathBar.replaceChildren(...items);
  const chips = [];
  const chip = (text, label, run) => {
    const close = element('button', { type: 'button', 'aria-label': label, title: label }, [icon('close')]);
    close.addEventListener('click', run);
    chips.push(element('span', { class: 'fl-chip' }, [element('bdi', {}, [text]), close]));
  };
  if (s.only) chip(`only \u201c${s.search}\u201d`, 'Show all stacks', () => this.setOnly(false));
  for (const name of s.hidden) {
    const label = this.grouping.label(this.grouping.of[name]);
    chip(`hidden: ${label}`, `Show ${label} again`, () => this.show(name));
  }
  if (this.mark >= 0) chip(`found: ${this.grouping.label(this.mark)}`, 'Stop marking it', () => this.clearMark());
  this.chips.replaceChildren(...chips);
};

/* Rows of numbers about a frame: for the tooltip and the foot. */
FlameViewer.prototype.factsOf = function factsOf({ pane, node }) {
  const { tree } = pane;
  const up = tree.parent[node];
  const facts = [];
  const line = (label, text, sign) => facts.push([label, text, sign || '']);
  const a = tree.totalA[node];
  if (this.diff) {
    const b = tree.totalB[node];
    const signOf = (value) => (value > 0 ? 'fl-more' : value < 0 ? 'fl-less' : '');
    line('Before', `${this.counted(b)}  ${formatPercent(this.wholeB > 0 ? b / this.wholeB : 0)}`);
    line('After', `${this.counted(a)}  ${formatPercent(this.wholeA > 0 ? a / this.wholeA : 0)}`);
    const change = this.changeOf(tree, node, 'total');
    line('Change', `${this.formatChange(change)}${b === 0 ? '  new' : a === 0 ? '  vanished' : ''}`, signOf(change));
    if (this.state.view === 'flame') {
      const self = this.changeOf(tree, node, 'self');
      line('Own change', this.formatChange(self), signOf(self));
    }
    return facts;
  }
  line('Total', `${this.counted(a)}  ${formatPercent(a / this.wholeA)}`);
  if (this.state.view === 'flame' || pane.dir > 0) {
    if (this.state.view !== 'callers') line('Self', `${this.counted(tree.selfA[node])}  ${formatPercent(tree.selfA[node] / this.wholeA)}`);
  }
  if (up > 0) line(pane.first || this.state.view === 'callers' ? 'Of callee' : 'Of caller', formatPercent(a / tree.totalA[up]));
  if (this.zoomed && this.zoomed.node !== node && node > this.zoomed.node && node < tree.end[this.zoomed.node] && this.zoomed.pane === pane)
    line('Of zoom', formatPercent(a / tree.totalA[this.zoomed.node]));
  if (this.filtered) line('Of visible', formatPercent(a / this.tree.totalA[0]));
  return facts;
};

FlameViewer.prototype.updateFoot = function updateFoot() {
  const where = this.chart.select;
  this.footActions.hidden = !where || where.pane.tree.group[where.node] < 0;
  if (!where) {
    this.footText.replaceChildren(element('span', { class: 'fl-quiet' }, [
      matchMedia('(pointer: coarse)').matches ? 'Tap a frame to zoom' : 'Click a frame to zoom \u00b7 press ? for all keys']));
    return;
  }
  const { pane, node } = where;
  const group = pane.tree.group[node];
  const place = this.grouping.place(group);
  const facts = this.factsOf(where).map(([label, text, sign]) =>
    element('span', { class: `fl-fact ${sign}` }, [element('span', { class: 'fl-quiet' }, [`${label} `]), text]));
  this.footText.replaceChildren(
    element('bdi', { class: 'fl-foot-name', title: `${this.grouping.label(group)}${place ? `\n${place}` : ''}` }, [this.grouping.label(group)]),
    ...(place && !this.hasLines ? [element('bdi', { class: 'fl-quiet' }, [place])] : []), ...facts);
};

FlameViewer.prototype.showTip = function showTip(where, clientX, clientY) {
  if (!where) {
    this.tip.hidden = true;
    return;
  }
  const group = where.pane.tree.group[where.node];
  if (this.tipFor !== where.node || this.tipPane !== where.pane || this.tip.hidden) {
    const place = this.grouping.place(group);
    this.tip.replaceChildren(
      element('bdi', { class: 'fl-tip-name' }, [this.grouping.label(group)]),
      ...(place ? [element('bdi', { class: 'fl-tip-place' }, [place])] : []),
      element('dl', {}, this.factsOf(where).flatMap(([label, text, sign]) => {
        const [first, ...rest] = text.split('  ');
        return [element('dt', {}, [label]), element('dd', { class: sign }, [first]), element('dd', { class: `fl-tip-share ${sign}` }, [rest.join(' ')])];
      })));
    this.tipFor = where.node;
    this.tipPane = where.pane;
  }
  this.tip.hidden = false;
  const frame = this.root.getBoundingClientRect();
  const box = this.tip.getBoundingClientRect();
  let left = clientX - frame.left + 14;
  let top = clientY - frame.top + 16;
  if (left + box.width > frame.width - 8) left = Math.max(8, clientX - frame.left - box.width - 12);
  if (top + box.height > frame.height - 8) top = Math.max(8, clientY - frame.top - box.height - 14);
  this.tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
};
