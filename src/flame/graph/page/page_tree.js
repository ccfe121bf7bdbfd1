/* Trees as typed arrays, and what can be made of them: filtered, merged, turned over (who calls), around one
 * function (sandwich), summed by function. A tree is in preorder; node 0 is its root; group is what a frame
 * is called (an id of the grouping), -1 for "all". Nothing here recurses. */

/* (parent, group) -> node, open addressing. */
class NodeTable {
  constructor(capacity) {
    let size = 1024;
    while (size < capacity * 2) size *= 2;
    this.mask = size - 1;
    this.slots = new Int32Array(size).fill(-1);
  }

  /* The slot of the pair, which holds its node or -1. */
  find(parent, group, parents, groups) {
    let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(group + 1, 0x85ebca6b);
    h ^= h >>> 15;
    for (let slot = h & this.mask; ; slot = (slot + 1) & this.mask) {
      const node = this.slots[slot];
      if (node < 0 || (parents[node] === parent && groups[node] === group)) return slot;
    }
  }
}

/* A tree that grows child by child, parents first. */
class TreeBuilder {
  constructor(capacity, diff, rootGroup) {
    this.n = 1;
    this.diff = diff;
    this.allocate(Math.max(16, capacity));
    this.parent[0] = -1;
    this.group[0] = rootGroup;
  }

  allocate(capacity) {
    const grow = (Type, old) => {
      const fresh = new Type(capacity);
      if (old) fresh.set(old);
      return fresh;
    };
    this.capacity = capacity;
    this.parent = grow(Int32Array, this.parent);
    this.group = grow(Int32Array, this.group);
    this.selfA = grow(Float64Array, this.selfA);
    if (this.diff) this.selfB = grow(Float64Array, this.selfB);
    this.table = new NodeTable(capacity);
    for (let i = 1; i < this.n; i++)
      this.table.slots[this.table.find(this.parent[i], this.group[i], this.parent, this.group)] = i;
  }

  child(parent, group) {
    if (this.n === this.capacity) this.allocate(this.capacity * 2);
    const slot = this.table.find(parent, group, this.parent, this.group);
    let node = this.table.slots[slot];
    if (node < 0) {
      node = this.n++;
      this.parent[node] = parent;
      this.group[node] = group;
      this.table.slots[slot] = node;
    }
    return node;
  }

  add(node, after, before) {
    this.selfA[node] += after;
    if (this.diff) this.selfB[node] += before;
  }
}

const totalsOf = (tree) => {
  const sum = (self) => {
    const total = Float64Array.from(self.subarray(0, tree.n));
    for (let i = tree.n - 1; i > 0; i--) total[tree.parent[i]] += total[i];
    return total;
  };
  tree.totalA = sum(tree.selfA);
  tree.totalB = tree.selfB ? sum(tree.selfB) : null;
};

/* Nodes in any order with parents first -> preorder, siblings by group ('name'), as they come ('time') or the
 * heaviest first ('size'). Frames without samples go. */
const orderTree = (raw, order) => {
  const n = raw.n;
  totalsOf(raw);
  const weight = (i) => raw.totalA[i] + (raw.totalB ? raw.totalB[i] : 0);
  /* all nodes sorted by group, then dealt to their parents: siblings come out sorted, in linear time */
  let sorted = new Int32Array(n);
  if (order === 'time') {
    for (let i = 0; i < n; i++) sorted[i] = i;
  } else {
    let most = 0;
    for (let i = 1; i < n; i++) if (raw.group[i] > most) most = raw.group[i];
    const start = new Int32Array(most + 3);
    for (let i = 0; i < n; i++) start[raw.group[i] + 2]++;
    for (let g = 1; g < start.length; g++) start[g] += start[g - 1];
    for (let i = 0; i < n; i++) sorted[start[raw.group[i] + 1]++] = i;
  }
  const kids = new Int32Array(n + 1);
  for (let i = 1; i < n; i++) kids[raw.parent[i] + 1]++;
  for (let i = 1; i <= n; i++) kids[i] += kids[i - 1];
  const next = kids.slice();
  const list = new Int32Array(n);
  for (let k = 0; k < n; k++) {
    const i = sorted[k];
    if (raw.parent[i] >= 0) list[next[raw.parent[i]]++] = i;
  }
  if (order === 'size')
    for (let i = 0; i < n; i++)
      if (kids[i + 1] - kids[i] > 1) list.subarray(kids[i], kids[i + 1]).sort((a, b) => weight(b) - weight(a) || a - b);
  /* sizes of the kept subtrees, then places */
  const size = new Int32Array(n);
  for (let i = n - 1; i >= 0; i--) {
    if (i > 0 && weight(i) === 0) {
      size[i] = 0;
      continue;
    }
    size[i] += 1;
    if (i > 0) size[raw.parent[i]] += size[i];
  }
  const place = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    if (!size[i]) continue;
    let at = place[i] + 1;
    for (let k = kids[i]; k < kids[i + 1]; k++) {
      if (!size[list[k]]) continue;
      place[list[k]] = at;
      at += size[list[k]];
    }
  }
  const count = size[0];
  const tree = {
    n: count,
    parent: new Int32Array(count),
    group: new Int32Array(count),
    depth: new Int32Array(count),
    selfA: new Float64Array(count),
    selfB: raw.selfB ? new Float64Array(count) : null,
  };
  for (let i = 0; i < n; i++) {
    if (!size[i]) continue;
    const p = place[i];
    tree.parent[p] = i ? place[raw.parent[i]] : -1;
    tree.group[p] = raw.group[i];
    tree.selfA[p] = raw.selfA[i];
    if (raw.selfB) tree.selfB[p] = raw.selfB[i];
  }
  for (let i = 1; i < count; i++) tree.depth[i] = tree.depth[tree.parent[i]] + 1;
  totalsOf(tree);
  return tree;
};

/* Subtree ends and the rows: for each level its nodes from left to right. */
const indexTree = (tree) => {
  const { n, parent, depth } = tree;
  const end = new Int32Array(n);
  let levels = 0;
  for (let i = n - 1; i >= 0; i--) {
    if (end[i] === 0) end[i] = i + 1;
    if (i > 0 && end[parent[i]] < end[i]) end[parent[i]] = end[i];
    if (depth[i] >= levels) levels = depth[i] + 1;
  }
  const rowStart = new Int32Array(levels + 1);
  for (let i = 0; i < n; i++) rowStart[depth[i] + 1]++;
  for (let d = 0; d < levels; d++) rowStart[d + 1] += rowStart[d];
  const at = rowStart.slice();
  const rows = new Int32Array(n);
  for (let i = 0; i < n; i++) rows[at[depth[i]]++] = i;
  return Object.assign(tree, { end, levels, rowStart, rows });
};

/* Where each frame lies, in shares of the whole width: `scaleA` and `scaleB` say what a sample of each
 * profile is wide. Callees come first, from the left; a frame's own samples are the rest on the right. */
const placeTree = (tree, scaleA, scaleB) => {
  const { n, parent, totalA, totalB } = tree;
  const x = new Float64Array(n);
  const w = new Float64Array(n);
  const cursor = new Float64Array(n);
  for (let i = 0; i < n; i++) w[i] = totalA[i] * scaleA + (totalB ? totalB[i] * scaleB : 0);
  for (let i = 0; i < n; i++) {
    if (i) {
      x[i] = cursor[parent[i]];
      cursor[parent[i]] += w[i];
    }
    cursor[i] = x[i];
  }
  return Object.assign(tree, { x, w });
};

/* The stacks that stay: without the hidden functions, and with `only` just those with a match somewhere. The
 * base tree keeps its nodes; what goes are samples. */
const filterSelf = (base, grouping, hidden, only) => {
  const { n, parent, group } = base;
  const state = new Uint8Array(n); /* bit 0: hidden, bit 1: matched here or above */
  const selfA = new Float64Array(n);
  const selfB = base.selfB ? new Float64Array(n) : null;
  for (let i = 1; i < n; i++) {
    const g = grouping.of[group[i]];
    let s = state[parent[i]];
    if (hidden.has(g)) s |= 1;
    if (only && only[g]) s |= 2;
    state[i] = s;
    if (s & 1 || (only && !(s & 2))) continue;
    selfA[i] = base.selfA[i];
    if (selfB) selfB[i] = base.selfB[i];
  }
  if (!only) {
    selfA[0] = base.selfA[0];
    if (selfB) selfB[0] = base.selfB[0];
  }
  return { ...base, selfA, selfB };
};

/* Names become groups; siblings of one group become one frame. */
const mergeTree = (base, grouping, order) => {
  const { n, parent, group } = base;
  const builder = new TreeBuilder(n, !!base.selfB, -1);
  const into = new Int32Array(n);
  builder.add(0, base.selfA[0], base.selfB ? base.selfB[0] : 0);
  /* in time order two frames of one name are one only when nothing lies between them */
  const timed = order === 'time';
  const last = timed ? new Int32Array(n).fill(-1) : null;
  for (let i = 1; i < n; i++) {
    const g = grouping.of[group[i]];
    const up = into[parent[i]];
    let node;
    if (timed) {
      node = last[up];
      if (node < 0 || builder.group[node] !== g) {
        node = builder.n++;
        builder.parent[node] = up;
        builder.group[node] = g;
        last[up] = node;
      }
    } else {
      node = builder.child(up, g);
    }
    into[i] = node;
    builder.add(node, base.selfA[i], base.selfB ? base.selfB[i] : 0);
  }
  return orderTree(builder, order);
};

/* Work limits of the views from below: past them callers are cut off, and the view says so. */
const CALLER_STEPS = 60e6;
const CALLER_NODES = 4e6;

/* Who calls. Each start is a node of `tree` with samples to carry; all walk up one level at a time, and those
 * under one view node that meet in the same caller join there. With `rooted` the starts themselves are the
 * root (sandwich); without it they are the first level (callers of everything). */
const callersTree = (tree, starts, carryA, carryB, rooted, order) => {
  const builder = new TreeBuilder(Math.min(starts.length * 2 + 16, 1 << 20), !!carryB, rooted ? tree.group[starts[0]] : -1);
  let steps = 0;
  let whole = 0;
  for (let k = 0; k < starts.length; k++) {
    steps += tree.depth[starts[k]];
    whole += carryA[k] + (carryB ? carryB[k] : 0);
  }
  const least = steps > CALLER_NODES ? whole * 5e-6 : 0;
  let count = starts.length;
  const at = Int32Array.from(starts);
  const owner = new Int32Array(count);
  const which = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    which[k] = k;
    if (!rooted) owner[k] = builder.child(0, tree.group[at[k]]);
  }
  let weight = new Float64Array(0);
  let cut = false;
  let budget = CALLER_STEPS;
  while (count > 0) {
    if (least > 0) {
      weight = new Float64Array(builder.n);
      for (let k = 0; k < count; k++) weight[owner[k]] += carryA[which[k]] + (carryB ? carryB[which[k]] : 0);
    }
    budget -= count;
    const stop = budget < 0 || builder.n > CALLER_NODES;
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const up = tree.parent[at[k]];
      const small = least > 0 && weight[owner[k]] < least;
      if (up <= 0 || stop || small) {
        if (up > 0) cut = true;
        builder.add(owner[k], carryA[which[k]], carryB ? carryB[which[k]] : 0);
        continue;
      }
      at[kept] = up;
      which[kept] = which[k];
      owner[kept++] = builder.child(owner[k], tree.group[up]);
    }
    count = kept;
  }
  const made = orderTree(builder, order === 'time' ? 'size' : order);
  made.cut = cut;
  return made;
};

const invertTree = (tree, order) => {
  const starts = [];
  for (let i = 1; i < tree.n; i++) if (tree.selfA[i] || (tree.selfB && tree.selfB[i])) starts.push(i);
  const carryA = Float64Array.from(starts, (i) => tree.selfA[i]);
  const carryB = tree.selfB ? Float64Array.from(starts, (i) => tree.selfB[i]) : null;
  return callersTree(tree, starts, carryA, carryB, false, order);
};

/* The outermost frames of one group: recursion inside them counts once. */
const outermost = (tree, group) => {
  const found = [];
  for (let i = 1; i < tree.n;) {
    if (tree.group[i] === group) {
      found.push(i);
      i = tree.end[i];
    } else {
      i++;
    }
  }
  return found;
};

const sandwichTrees = (tree, group, order) => {
  const starts = outermost(tree, group);
  if (!starts.length) return null;
  const carryA = Float64Array.from(starts, (i) => tree.totalA[i]);
  const carryB = tree.totalB ? Float64Array.from(starts, (i) => tree.totalB[i]) : null;
  const callers = callersTree(tree, starts, carryA, carryB, true, order);
  const builder = new TreeBuilder(1024, !!tree.selfB, group);
  const into = new Int32Array(tree.n);
  for (const start of starts) {
    into[start] = 0;
    for (let i = start; i < tree.end[start]; i++) {
      if (i > start) into[i] = builder.child(into[tree.parent[i]], tree.group[i]);
      builder.add(into[i], tree.selfA[i], tree.selfB ? tree.selfB[i] : 0);
    }
  }
  return { callers, callees: orderTree(builder, order === 'time' ? 'size' : order), count: starts.length };
};

/* Self and total of every group below `root`. A group's samples count once per stack, however often it
 * appears in it. */
const sumByGroup = (tree, root, groups) => {
  const made = {
    selfA: new Float64Array(groups),
    totalA: new Float64Array(groups),
    selfB: tree.selfB ? new Float64Array(groups) : null,
    totalB: tree.selfB ? new Float64Array(groups) : null,
    seen: new Uint8Array(groups),
  };
  /* closes[g]: where the outermost open frame of g ends */
  const closes = new Int32Array(groups);
  for (let i = Math.max(root, 1); i < tree.end[root]; i++) {
    const g = tree.group[i];
    made.seen[g] = 1;
    made.selfA[g] += tree.selfA[i];
    if (made.selfB) made.selfB[g] += tree.selfB[i];
    if (i < closes[g]) continue;
    closes[g] = tree.end[i];
    made.totalA[g] += tree.totalA[i];
    if (made.totalB) made.totalB[g] += tree.totalB[i];
  }
  return made;
};

/* The share of matches inside the window [left, right] of the width: a match inside a match counts once, and
 * what the zoom hides does not count. */
const matchedSamples = (tree, matched, left, right) => {
  let after = 0;
  let before = 0;
  for (let i = 0; i < tree.n;) {
    const from = tree.x[i];
    const to = from + tree.w[i];
    const g = tree.group[i];
    const slack = 1e-9 * (right - left);
    if (to <= left + slack || from >= right - slack) {
      i = tree.end[i];
    } else if (g >= 0 && matched[g]) {
      const part = tree.w[i] > 0 ? (Math.min(to, right) - Math.max(from, left)) / tree.w[i] : 0;
      after += tree.totalA[i] * part;
      if (tree.totalB) before += tree.totalB[i] * part;
      i = tree.end[i];
    } else {
      i++;
    }
  }
  return { after, before };
};

/* All matching frames: in preorder, and by row for drawing. */
const matchedFrames = (tree, matched) => {
  const list = [];
  for (let i = 1; i < tree.n; i++) if (matched[tree.group[i]]) list.push(i);
  const rowStart = new Int32Array(tree.levels + 1);
  for (const i of list) rowStart[tree.depth[i] + 1]++;
  for (let d = 0; d < tree.levels; d++) rowStart[d + 1] += rowStart[d];
  const at = rowStart.slice();
  const rows = new Int32Array(list.length);
  for (const i of list) rows[at[tree.depth[i]]++] = i;
  return { list, rows, rowStart };
};

/* First place in rows[from, to) whose frame ends right of `left`. */
const firstInRow = (tree, rows, from, to, left) => {
  while (from < to) {
    const mid = (from + to) >> 1;
    if (tree.x[rows[mid]] + tree.w[rows[mid]] <= left) from = mid + 1;
    else to = mid;
  }
  return from;
};
