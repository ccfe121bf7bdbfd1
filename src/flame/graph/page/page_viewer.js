/* The viewer: what is shown (state), the trees made for it, and the numbers that go with them. The elements
 * are made in page_controls.js, mouse and keys are in page_input.js. */

class FlameViewer {
  constructor(host, profile, place) {
    const { meta } = profile;
    this.host = host;
    this.profile = profile;
    this.meta = meta;
    this.place = place; /* {embedded, prefix} */
    this.title = place.heading || meta.title;
    this.diff = !!meta.diff;
    this.hasLines = profile.file.some((f) => f > 0);
    this.groupings = new Map();
    this.match = null; /* Uint8Array by group while something is searched */
    this.mark = -1; /* a group picked in the table */
    this.zoomed = null; /* {pane, node} */
    this.state = this.defaults();
    this.readState(readLink(place.prefix));
    buildControls(this);
    this.chart = new FlameChart(this.canvas, this.overlay, this.mapCanvas, {
      fill: (pane, node) => this.fillOf(pane, node),
      ink: (pane, node) => this.inkOf(pane, node),
      label: (pane, node) => this.labelOf(pane, node),
      hatched: (pane, node) => this.diff && pane.tree.totalA[node] === 0,
      faded: (pane, node) => this.zoomed !== null && pane === this.zoomed.pane && node < this.zoomed.node
        && pane.tree.end[node] > this.zoomed.node,
    });
    this.table = new FunctionTable(this.tableHost, this.tableView());
    this.applyTheme();
    attachInput(this);
    new ResizeObserver(() => this.chart.resize()).observe(this.canvas.parentElement);
    this.rebuild();
    this.chart.resize();
    this.chart.scrollHome();
    const link = readLink(place.prefix);
    this.applySearch(false);
    this.restoreZoom(link);
    this.refresh();
  }

  defaults() {
    const { meta } = this;
    return {
      view: 'flame', func: -1, merge: this.hasLines ? 'function' : 'line',
      order: 'auto', flip: !!meta.inverted, colour: this.diff ? 'change' : 'name',
      width: 'both', change: 'count', of: meta.changeTotal ? 'total' : 'self',
      search: '', caseOn: false, only: false, hidden: new Set(), table: false,
    };
  }

  /* ---- the address ---- */

  readState(link) {
    const s = this.defaults();
    const one = (value, allowed, old) => (allowed.includes(value) ? value : old);
    s.merge = one(link.merge, ['function', 'line', 'file'], s.merge);
    s.order = one(link.order, this.meta.time ? ['auto', 'time', 'name', 'size'] : ['auto', 'name', 'size'], s.order);
    s.colour = one(link.colour, this.diff ? ['change', 'name', 'module'] : ['name', 'module'], s.colour);
    s.width = one(link.width, ['both', 'after', 'before'], s.width);
    s.change = one(link.change, ['share', 'count'], s.change);
    s.of = one(link.of, ['self', 'total'], s.of);
    s.view = one(link.view, ['flame', 'callers', 'sandwich'], s.view);
    if (link.flip) s.flip = link.flip === '1';
    s.search = link.search;
    s.caseOn = link.case === '1';
    s.only = link.only === '1' && s.search !== '';
    s.table = link.table === '1';
    const name = (text) => {
      const id = Number(text);
      return Number.isInteger(id) && id >= 0 && id < this.profile.names ? id : -1;
    };
    for (const text of link.hide ? link.hide.split(',') : []) if (name(text) >= 0) s.hidden.add(name(text));
    s.func = link.f === '' ? -1 : name(link.f);
    if (s.view === 'sandwich' && s.func < 0) s.view = 'flame';
    this.state = s;
  }

  writeState() {
    const s = this.state;
    const d = this.defaults();
    const said = {
      view: s.view, f: s.view === 'sandwich' ? s.func : '',
      merge: s.merge === d.merge ? '' : s.merge,
      order: s.order === d.order ? '' : s.order,
      colour: s.colour === d.colour ? '' : s.colour,
      width: s.width, change: s.change, of: s.of === d.of ? '' : s.of,
      flip: s.flip === d.flip ? '' : Number(s.flip),
      search: s.search, case: s.caseOn ? '1' : '', only: s.only ? '1' : '',
      hide: [...s.hidden].join(','), table: s.table ? '1' : '', z: '', w: '',
    };
    const { chart } = this;
    if (this.zoomed && this.zoomed.node > 0) {
      const index = chart.panes.indexOf(this.zoomed.pane);
      said.z = `${index}.${this.zoomed.node}.${this.grouping.nameOf(this.zoomed.pane.tree.group[this.zoomed.node])}`;
    }
    const [left, right] = this.goal || [chart.left, chart.right];
    const [a, b] = this.zoomWindow();
    if (Math.abs(left - a) + Math.abs(right - b) > 1e-6 * (right - left)) said.w = `${left.toPrecision(8)},${right.toPrecision(8)}`;
    writeLink(this.place.prefix, said);
  }

  restoreZoom(link) {
    const [index, node, name] = link.z.split('.').map(Number);
    const pane = this.chart.panes[index];
    if (link.z && pane && node > 0 && node < pane.tree.n && this.grouping.nameOf(pane.tree.group[node]) === name) {
      this.zoomed = { pane, node };
      this.chart.select = this.zoomed;
      const [left, right] = this.zoomWindow();
      this.chart.setWindow(left, right);
      this.chart.scrollTo(pane, pane.tree.depth[node]);
    }
    const [left, right] = link.w.split(',').map(Number);
    if (link.w && left >= 0 && right > left && right <= 1 + 1e-9) this.chart.setWindow(left, right);
  }

  /* ---- trees ---- */

  groupingOf(by) {
    if (!this.groupings.has(by)) this.groupings.set(by, makeGrouping(this.profile, by));
    return this.groupings.get(by);
  }

  hiddenGroups() {
    return new Set([...this.state.hidden].map((name) => this.grouping.of[name]));
  }

  /* Everything that the state asks for, from the profile up. The zoom is kept when the zoomed frame can be
   * found again by the names on its way to the root. */
  rebuild() {
    const s = this.state;
    const path = this.zoomed ? this.pathNames(this.zoomed) : null;
    const began = performance.now();
    this.grouping = this.groupingOf(s.merge);
    const base = this.profile.tree;
    this.findMatches();
    const only = s.only && this.match ? this.match : null;
    const filtered = s.hidden.size || only ? filterSelf(base, this.grouping, this.hiddenGroups(), only) : base;
    const recorded = this.meta.time ? 'time' : 'name';
    const order = s.order === 'auto' ? recorded : s.order;
    const orderUp = s.order === 'auto' ? 'size' : s.order; /* of the views that are sums over many places */
    let tree;
    if (filtered === base && this.grouping.identity && order === recorded) {
      tree = base;
      if (!tree.totalA) totalsOf(tree);
    } else {
      tree = mergeTree(filtered, this.grouping, order);
    }
    if (!tree.rows) indexTree(tree);
    this.tree = tree;
    if (!base.totalA) totalsOf(base);
    this.wholeA = Math.max(base.totalA[0], this.meta.total || 0);
    this.wholeB = this.diff ? base.totalB[0] : 0;
    this.filtered = filtered !== base;
    this.note = '';
    let panes;
    if (s.view === 'sandwich') {
      const group = this.grouping.of[s.func];
      const made = sandwichTrees(tree, group, orderUp);
      if (made) {
        panes = [{ tree: made.callees, dir: 1 }, { tree: made.callers, dir: -1, first: 1 }];
        if (made.callers.cut) this.note = 'the smallest callers are not split further';
      } else {
        panes = [{ tree: emptyTree(this.diff), dir: 1 }];
        this.note = 'this function has no samples in this view';
      }
    } else if (s.view === 'callers') {
      const made = invertTree(tree, orderUp);
      if (made.cut) this.note = 'the smallest callers are not split further';
      panes = [{ tree: made, dir: s.flip ? -1 : 1 }];
    } else {
      panes = [{ tree, dir: s.flip ? 1 : -1 }];
    }
    for (const pane of panes) {
      if (!pane.tree.rows) indexTree(pane.tree);
      this.placePane(pane);
    }
    this.zoomed = null;
    this.mark = this.mark >= this.grouping.count ? -1 : this.mark;
    this.chart.setPanes(panes);
    this.chart.plainMap = this.diff && s.colour === 'change';
    this.chart.setWindow(0, 1);
    if (s.view === 'sandwich') this.chart.select = { pane: panes[0], node: 0 };
    this.goal = null;
    this.colours = new Map();
    this.mostChange = null;
    if (path) {
      const again = this.findPath(path);
      if (again) {
        this.zoomed = again;
        this.chart.select = again;
        this.chart.setWindow(...this.zoomWindow());
      }
    }
    this.tableRows = null;
    this.buildMillis = performance.now() - began;
  }

  placePane(pane) {
    const { tree } = pane;
    const a = tree.totalA[0];
    const b = this.diff ? tree.totalB[0] : 0;
    let scaleA = 1;
    let scaleB = 0;
    if (this.diff) {
      const { width, change } = this.state;
      const perShare = change === 'share';
      scaleA = width === 'before' ? 0 : perShare && this.wholeA > 0 ? 1 / this.wholeA : 1;
      scaleB = width === 'after' ? 0 : perShare && this.wholeB > 0 ? 1 / this.wholeB : 1;
    }
    let whole = a * scaleA + b * scaleB;
    if (!this.diff && this.state.view === 'flame' && !this.filtered) whole = Math.max(whole, this.meta.total || 0);
    if (whole > 0) {
      scaleA /= whole;
      scaleB /= whole;
    }
    placeTree(tree, scaleA, scaleB);
  }

  pathNames({ pane, node }) {
    const names = [];
    for (let i = node; i > 0; i = pane.tree.parent[i]) names.push(this.grouping.nameOf(pane.tree.group[i]));
    return { names: names.reverse(), view: this.chart.panes.length, dir: pane.first ? -1 : 1 };
  }

  findPath({ names, dir }) {
    const pane = this.chart.panes.find((p) => (p.first ? -1 : 1) === dir);
    if (!pane || !names.length) return null;
    const { tree } = pane;
    let node = 0;
    for (const name of names) {
      const g = this.grouping.of[name];
      let child = node + 1;
      while (child < tree.end[node] && tree.group[child] !== g) child = tree.end[child];
      if (child >= tree.end[node]) {
        if (this.grouping.by !== 'file' || tree.group[node] !== g) return null;
        continue;
      }
      node = child;
    }
    return node > 0 ? { pane, node } : null;
  }

  /* ---- search ---- */

  findMatches() {
    const { search, caseOn } = this.state;
    this.match = null;
    this.searchError = '';
    if (!search) return;
    let pattern;
    try {
      pattern = new RegExp(search, caseOn ? 'u' : 'iu');
    } catch {
      try {
        pattern = new RegExp(search, caseOn ? '' : 'i');
      } catch (error) {
        this.searchError = String(error.message).replace(/^.*: /, '');
        return;
      }
    }
    const { count } = this.grouping;
    this.match = new Uint8Array(count);
    for (let g = 0; g < count; g++) if (pattern.test(this.grouping.searchText(g))) this.match[g] = 1;
  }

  /* New words in the search box. */
  setSearch(text, caseOn = this.state.caseOn) {
    const s = this.state;
    if (s.search === text && s.caseOn === caseOn) return;
    s.search = text;
    s.caseOn = caseOn;
    this.mark = -1;
    if (!text) s.only = false;
    if (s.only || this.wasOnly) this.rebuild();
    this.wasOnly = s.only;
    this.applySearch(true);
  }

  applySearch(refresh) {
    this.findMatches();
    let active = this.match;
    if (this.mark >= 0) {
      active = new Uint8Array(this.grouping.count);
      active[this.mark] = 1;
    }
    this.active = active;
    this.chart.matches = active ? this.chart.panes.map((pane) => matchedFrames(pane.tree, active)) : null;
    this.chart.mapImage = null;
    this.matchAt = -1;
    this.tableRows = null;
    if (refresh) this.refresh();
  }

  setOnly(on) {
    const s = this.state;
    if (on && !s.search) {
      this.searchBox.focus();
      return;
    }
    s.only = on;
    this.wasOnly = on;
    this.rebuild();
    this.applySearch(true);
  }

  stepMatch(direction) {
    const { chart } = this;
    if (!chart.matches) {
      this.searchBox.focus();
      return;
    }
    const count = chart.matches.reduce((sum, found) => sum + found.list.length, 0);
    if (!count) return;
    if (this.matchAt < 0) this.matchAt = direction > 0 ? 0 : count - 1;
    else this.matchAt = (this.matchAt + direction + count) % count;
    let at = this.matchAt;
    let index = 0;
    while (at >= chart.matches[index].list.length) at -= chart.matches[index++].list.length;
    this.reveal({ pane: chart.panes[index], node: chart.matches[index].list[at] });
    this.updateMatch();
  }

  /* Select a frame and make sure it can be seen: zoom out or pan if it is outside, in if it is too small. */
  reveal(where, speak = true) {
    const { chart } = this;
    chart.select = where;
    const { tree } = where.pane;
    const from = tree.x[where.node];
    const wide = tree.w[where.node];
    const [left, right] = this.goal || [chart.left, chart.right];
    const span = right - left;
    if (from + wide <= left || from >= right || (wide / span) * chart.width < 3) {
      let next = span;
      if ((wide / span) * chart.width < 3) next = Math.max((wide * chart.width) / 60, 1e-12);
      if (next > 1) next = 1;
      const mid = from + wide / 2;
      this.moveTo(mid - next / 2, mid + next / 2);
      this.trimZoom();
    }
    chart.scrollTo(where.pane, tree.depth[where.node]);
    chart.draw();
    this.updateFoot();
    if (speak) this.announce(this.titleOf(where.pane, where.node));
  }

  /* ---- zoom ---- */

  zoomWindow() {
    if (!this.zoomed) return [0, 1];
    const { tree } = this.zoomed.pane;
    const { node } = this.zoomed;
    return [tree.x[node], Math.min(1, tree.x[node] + Math.max(tree.w[node], 1e-12))];
  }

  zoomTo(where) {
    this.zoomed = where && where.node > 0 ? where : null;
    if (where) this.chart.select = where;
    const [left, right] = this.zoomWindow();
    this.moveTo(left, right);
    this.tableRows = null;
    this.refresh();
    if (where) this.announce(`Zoomed to ${this.titleOf(where.pane, where.node)}`);
    else this.announce('Zoom reset');
  }

  resetZoom() {
    this.chart.select = null;
    this.zoomTo(null);
  }

  /* When the window leaves the zoomed frame, an ancestor that holds the window takes its place. */
  trimZoom() {
    const [left, right] = this.goal || [this.chart.left, this.chart.right];
    const before = this.zoomed;
    while (this.zoomed) {
      const { tree } = this.zoomed.pane;
      const { node } = this.zoomed;
      const slack = (right - left) * 1e-6;
      if (tree.x[node] <= left + slack && tree.x[node] + tree.w[node] >= right - slack) break;
      const up = tree.parent[node];
      this.zoomed = up > 0 ? { pane: this.zoomed.pane, node: up } : null;
    }
    if (before !== this.zoomed) this.tableRows = null;
  }

  /* Glide to a window; at once for people who asked for less motion. */
  moveTo(left, right) {
    const { chart } = this;
    let span = Math.min(1, Math.max(right - left, 1e-12));
    left = Math.max(0, Math.min(left, 1 - span));
    right = left + span;
    this.goal = [left, right];
    if (this.still.matches || document.hidden || !chart.width) {
      chart.setWindow(left, right);
      this.goal = null;
      chart.draw();
      return;
    }
    const from = [chart.left, chart.right];
    const began = performance.now();
    const run = (this.run = (this.run || 0) + 1);
    const step = (now) => {
      if (run !== this.run) return;
      const t = Math.min(1, Math.max(0, (now - began) / 180));
      const ease = 1 - (1 - t) ** 3;
      chart.setWindow(from[0] + (left - from[0]) * ease, from[1] + (right - from[1]) * ease);
      if (t >= 1) {
        chart.setWindow(left, right);
        this.goal = null;
        this.updateLinkSoon();
      }
      chart.draw();
      if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /* Wheel and drag: no glide. */
  windowTo(left, right) {
    this.run = (this.run || 0) + 1;
    this.goal = null;
    this.chart.setWindow(left, right);
    this.trimZoom();
    this.chart.draw();
    this.refreshSoon();
  }

  zoomAround(share, factor) {
    const { chart } = this;
    const [left, right] = this.goal || [chart.left, chart.right];
    const span = Math.min(1, Math.max((right - left) * factor, 1e-10));
    const at = (share - left) / (right - left);
    this.windowTo(share - at * span, share - at * span + span);
  }

  /* ---- views ---- */

  setView(view, func) {
    const s = this.state;
    const { select } = this.chart;
    if (view === 'sandwich') {
      if (func === undefined && select) func = this.grouping.nameOf(Math.max(0, select.pane.tree.group[select.node]));
      if (func === undefined && s.func >= 0) func = s.func;
      if (func === undefined) func = this.heaviest();
      if (func === undefined) return;
      s.func = func;
    }
    s.view = view;
    this.zoomed = null;
    this.mark = -1;
    this.rebuild();
    this.chart.scrollHome();
    this.applySearch(true);
    this.announce(this.describeView());
  }

  /* The function with the most samples of its own: what a sandwich of nothing in particular shows. */
  heaviest() {
    const sums = sumByGroup(this.tree, 0, this.grouping.count);
    let best = -1;
    for (let g = 0; g < this.grouping.count; g++) if (sums.seen[g] && (best < 0 || sums.selfA[g] > sums.selfA[best])) best = g;
    return best < 0 ? undefined : this.grouping.nameOf(best);
  }

  set(key, value) {
    this.state[key] = value;
    const where = this.zoomed;
    this.rebuild();
    if (!where || key === 'flip') this.chart.scrollHome();
    this.applySearch(true);
    this.syncControls();
  }

  hide(group) {
    if (group < 0) return;
    this.state.hidden.add(this.grouping.nameOf(group));
    this.chart.select = null;
    this.rebuild();
    this.applySearch(true);
    this.announce(`Hidden: ${this.grouping.label(group)}`);
  }

  show(name) {
    this.state.hidden.delete(name);
    this.rebuild();
    this.applySearch(true);
  }

  /* A function picked in the table: its frames light up and the largest is brought into view. */
  pick(group) {
    this.mark = group;
    this.applySearch(false);
    let best = null;
    this.chart.panes.forEach((pane, index) => {
      for (const node of this.chart.matches[index].list)
        if (pane.tree.depth[node] >= (pane.first || 0) && (!best || pane.tree.w[node] > best.pane.tree.w[best.node])) best = { pane, node };
    });
    this.refresh();
    if (best) this.reveal(best, false);
    this.announce(`${this.grouping.label(group)}: ${this.matchText}`);
  }

  clearMark() {
    this.mark = -1;
    this.applySearch(true);
  }

  /* ---- everything that follows from a change ---- */

  refresh() {
    this.chart.draw();
    this.syncControls();
    this.updateMatch();
    this.updatePath();
    this.updateTable();
    this.updateFoot();
    this.updateLinkSoon();
  }

  refreshSoon() {
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => this.refresh(), 90);
  }

  updateLinkSoon() {
    clearTimeout(this.linkTimer);
    this.linkTimer = setTimeout(() => this.writeState(), 60);
  }

  announce(text) {
    this.live.textContent = typeof text === 'string' ? text : this.functionTitle(text);
  }

  /* ---- theme ---- */

  applyTheme() {
    const asked = document.documentElement.dataset.theme;
    const dark = asked ? asked === 'dark' : this.darkQuery.matches;
    this.root.dataset.theme = dark ? 'dark' : 'light';
    if (this.chart) {
      this.chart.theme = dark ? 'dark' : 'light';
      this.chart.mapImage = null;
      this.chart.draw();
      if (this.table && this.tableRows) this.table.draw();
    }
  }

  toggleTheme() {
    const next = this.root.dataset.theme === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem('flamescale-theme', next);
    } catch {
      /* private windows keep nothing */
    }
  }
}

const emptyTree = (diff) => orderTree(new TreeBuilder(1, diff, -1), 'name');
