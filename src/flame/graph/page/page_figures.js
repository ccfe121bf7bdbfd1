/* What the viewer says about frames and functions: colours, names, counts, changes, and the table's cells. */

const formatPercent = (share) => {
  if (!Number.isFinite(share)) return '\u2013';
  const percent = 100 * share;
  if (percent !== 0 && Math.abs(percent) < 0.01) return percent > 0 ? '<0.01%' : '>\u22120.01%';
  return `${percent.toFixed(2).replace('-', '\u2212')}%`;
};

const signed = (text, value) => (value > 0 ? `+${text}` : text);

Object.assign(FlameViewer.prototype, {
  /* ---- colours and words of a frame ---- */

  baseColour(group) {
    const mode = this.state.colour === 'module' ? 'module' : 'name';
    const key = `${mode}.${this.chart.theme}`;
    if (!this.colours.has(key)) this.colours.set(key, groupColours(this.profile, this.grouping, mode, this.chart.theme));
    return this.colours.get(key)(group);
  },

  /* The change of a frame: in shares of each profile, or in samples. */
  changeOf(tree, node, of) {
    const a = of === 'self' ? tree.selfA[node] : tree.totalA[node];
    const b = of === 'self' ? tree.selfB[node] : tree.totalB[node];
    return this.change(a, b);
  },

  change(a, b) {
    if (this.state.change === 'count') return a - b;
    return (this.wholeA > 0 ? a / this.wholeA : 0) - (this.wholeB > 0 ? b / this.wholeB : 0);
  },

  formatChange(value) {
    if (this.state.change === 'count') return signed(this.formatCount(value), value);
    return signed(formatPercent(value), value);
  },

  relativeChange(pane, node) {
    if (this.mostChange === null) {
      let most = 0;
      const of = this.state.view === 'flame' ? this.state.of : 'total';
      for (const p of this.chart.panes)
        for (let i = 1; i < p.tree.n; i++) most = Math.max(most, Math.abs(this.changeOf(p.tree, i, of)));
      this.mostChange = most || 1;
    }
    const of = this.state.view === 'flame' ? this.state.of : 'total';
    const value = this.changeOf(pane.tree, node, of) / this.mostChange;
    return this.meta.negate ? -value : value;
  },

  fillOf(pane, node) {
    const g = pane.tree.group[node];
    if (this.diff && this.state.colour === 'change') return g < 0 ? THEMES[this.chart.theme].root : changeColour(this.relativeChange(pane, node), this.chart.theme);
    return this.baseColour(g);
  },

  inkOf(pane, node) {
    const t = THEMES[this.chart.theme];
    if (pane.tree.group[node] < 0) return t.rootInk;
    if (this.diff && this.state.colour === 'change') return changeInk(this.relativeChange(pane, node), this.chart.theme);
    return t.ink;
  },

  labelOf(pane, node) {
    return this.grouping.label(pane.tree.group[node]);
  },

  formatCount(value) {
    const n = value * (this.meta.factor || 1);
    const digits = Number.isInteger(n) ? 0 : Math.abs(n) >= 100 ? 1 : Math.abs(n) >= 1 ? 2 : 4;
    if (Math.abs(n) >= 1e15) return n.toExponential(4).replace('-', '\u2212');
    return n.toLocaleString('en-US', { maximumFractionDigits: digits }).replace('-', '\u2212');
  },

  counted(value) {
    return `${this.formatCount(value)} ${this.meta.unit}`;
  },

  /* "name (1,234 samples, 12.34%)", as the SVG has it. */
  titleOf(pane, node) {
    const { tree } = pane;
    let text = `${this.labelOf(pane, node)} (${this.counted(tree.totalA[node])}, ${formatPercent(tree.totalA[node] / this.wholeA)}`;
    if (this.diff) text += `; ${this.formatChange(this.changeOf(tree, node, 'total'))}`;
    return `${text})`;
  },

  describeView() {
    const s = this.state;
    const words = { flame: '', callers: 'Callers of every function', sandwich: 'Callers and callees' }[s.view];
    const parts = [];
    if (words) parts.push(s.view === 'sandwich' ? `${words} of ${this.grouping.label(this.grouping.of[s.func])}` : words);
    if (this.zoomed) parts.push(`zoomed to ${this.labelOf(this.zoomed.pane, this.zoomed.node)}`);
    if (s.only) parts.push(`only stacks with \u201c${s.search}\u201d`);
    if (s.hidden.size) parts.push(`${s.hidden.size} hidden`);
    if (!parts.length && this.meta.subtitle) parts.push(this.meta.subtitle);
    parts.push(this.counted(this.tree.totalA[0]));
    return parts.join(' \u00b7 ');
  },

  /* ---- the table ---- */

  tableRoot() {
    if (this.state.view === 'flame' && this.zoomed) return this.zoomed.node;
    return 0;
  },

  tableView() {
    const viewer = this;
    const sums = () => viewer.sums;
    return {
      columns: () => (viewer.diff
        ? [{ key: 'changeSelf', title: 'Self \u0394', hint: 'Change of the function\u2019s own samples' },
          { key: 'changeTotal', title: 'Total \u0394', hint: 'Change with everything it calls' },
          { key: 'totalB', title: 'Before', hint: 'Total before' }, { key: 'totalA', title: 'After', hint: 'Total after' }]
        : [{ key: 'selfA', title: 'Self', hint: 'Samples in the function itself' },
          { key: 'totalA', title: 'Total', hint: 'Samples in the function and everything it calls' }]),
      value: (key, g) => {
        const t = sums();
        if (key === 'changeSelf') return viewer.change(t.selfA[g], t.selfB[g]);
        if (key === 'changeTotal') return viewer.change(t.totalA[g], t.totalB[g]);
        return t[key][g];
      },
      cell: (key, g) => {
        const value = this.table.view.value(key, g);
        if (key.startsWith('change')) {
          const most = key === 'changeSelf' ? viewer.mostSelf : viewer.mostTotal;
          const rounded = viewer.formatChange(value);
          return { text: rounded, bar: most > 0 ? Math.abs(value) / most : 0, sign: value > 0 ? 'fl-more' : value < 0 ? 'fl-less' : '' };
        }
        const whole = key === 'totalB' ? viewer.wholeB : viewer.wholeA;
        const share = whole > 0 ? value / whole : 0;
        return viewer.diff ? { text: formatPercent(share), bar: share } : { text: viewer.formatCount(value), share: formatPercent(share), bar: share };
      },
      label: (g) => viewer.grouping.label(g),
      place: (g) => viewer.grouping.place(g),
      /* the graph's colours tell changes then, and the numbers do already */
      colour: (g) => (viewer.state.colour === 'change' ? '' : viewer.baseColour(g)),
      pick: (g) => viewer.pick(g),
      sandwich: (g) => viewer.setView('sandwich', viewer.grouping.nameOf(g)),
      announce: (g) => viewer.announce(viewer.functionTitle(g)),
    };
  },

  functionTitle(g) {
    const t = this.sums;
    return `${this.grouping.label(g)}: self ${this.counted(t.selfA[g])}, total ${this.counted(t.totalA[g])}, ${formatPercent(t.totalA[g] / this.wholeA)}`;
  },

  updateTable() {
    if (!this.state.table || this.tableRows) return;
    const sums = (this.sums = sumByGroup(this.tree, this.tableRoot(), this.grouping.count));
    const groups = [];
    this.mostSelf = 0;
    this.mostTotal = 0;
    for (let g = 0; g < this.grouping.count; g++) {
      if (!sums.seen[g] || (this.match && !this.match[g])) continue;
      groups.push(g);
      if (!this.diff) continue;
      this.mostSelf = Math.max(this.mostSelf, Math.abs(this.change(sums.selfA[g], sums.selfB[g])));
      this.mostTotal = Math.max(this.mostTotal, Math.abs(this.change(sums.totalA[g], sums.totalB[g])));
    }
    this.tableRows = Int32Array.from(groups);
    this.table.setRows(this.tableRows);
    this.tableNote.textContent = `${groups.length.toLocaleString('en-US')} ${groups.length === 1 ? 'function' : 'functions'}${
      this.tableRoot() ? ` below ${this.grouping.label(this.tree.group[this.tableRoot()])}` : ''}${this.match ? ' that match' : ''}`;
  },
});
