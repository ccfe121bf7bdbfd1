/* The map: what is drawn, and where. Input is in report_input.js. */

const NAMES_MOST = 220; // names that are tried in one drawing

class MapView {
  constructor(host, data) {
    this.host = host;
    this.data = data;
    this.n = data.n;
    this.axes = data.shown;
    this.turnable = data.shown >= 3;
    this.hovered = -1;
    this.chosen = -1;
    this.partner = -1;
    this.group = -1; // the only one that is drawn in full
    this.matches = null; // indices found by the search
    this.show = { names: true, sizes: false, bootstrap: false, jackknife: false };
    this.names = data.names || Array.from({ length: data.n }, (_, i) => String(i + 1));
    this.named = data.names ? true : !data.groups && data.n <= 60; // numbers of rows would only clutter a large map
    this.screen = new Float64Array(3 * data.n); // x, y, depth
    this.centre();
    this.reset();
  }

  /* The middle of the map and how far it reaches from there. */
  centre() {
    const { x, shown } = this.data;
    this.middle = [0, 0, 0];
    this.half = [0, 0, 0];
    for (let k = 0; k < shown; k++) {
      let low = Infinity, high = -Infinity;
      for (let i = k; i < x.length; i += shown) {
        if (x[i] < low) low = x[i];
        if (x[i] > high) high = x[i];
      }
      this.middle[k] = (low + high) / 2;
      this.half[k] = (high - low) / 2;
    }
    this.reach = 0;
    for (let i = 0; i < this.n; i++) {
      let sum = 0;
      for (let k = 0; k < shown; k++) sum += (x[i * shown + k] - this.middle[k]) ** 2;
      this.reach = Math.max(this.reach, Math.sqrt(sum));
    }
    if (!(this.reach > 0)) this.reach = 1;
    this.largestShare = Math.max(...this.data.shares, 1e-300);
  }

  reset() {
    this.zoom = 1;
    this.shift = [0, 0]; // in pixels
    this.rotation = this.turnable ? turnBy(turnBy([1, 0, 0, 0, 1, 0, 0, 0, 1], 0.42, 1), 0.3, 0) : [1, 0, 0, 0, 1, 0, 0, 0, 1];
  }

  /* Pixels per unit at zoom 1. */
  fit() {
    const room = 34;
    if (this.turnable) return (Math.min(this.width, this.height) / 2 - room) / this.reach;
    const across = (this.width / 2 - room - (this.named ? 26 : 0)) / Math.max(this.half[0], this.reach * 0.02);
    const upward = (this.height / 2 - room) / Math.max(this.half[1], this.reach * 0.02);
    return Math.min(across, upward);
  }

  project() {
    const { x, shown } = this.data, r = this.rotation, s = this.scale = this.fit() * this.zoom;
    const cx = this.width / 2 + this.shift[0], cy = this.height / 2 + this.shift[1];
    for (let i = 0; i < this.n; i++) {
      const a = x[i * shown] - this.middle[0];
      const b = shown > 1 ? x[i * shown + 1] - this.middle[1] : 0;
      const c = shown > 2 ? x[i * shown + 2] - this.middle[2] : 0;
      this.screen[3 * i] = cx + s * (r[0] * a + r[1] * b + r[2] * c);
      this.screen[3 * i + 1] = cy - s * (r[3] * a + r[4] * b + r[5] * c);
      this.screen[3 * i + 2] = (r[6] * a + r[7] * b + r[8] * c) / this.reach;
    }
  }

  radiusOf(i) {
    const n = this.n, base = n <= 60 ? 5 : n <= 300 ? 4.2 : n <= 1000 ? 3.4 : 2.6;
    const grown = base * Math.min(2.2, Math.max(1, this.zoom ** 0.25)) * (this.turnable ? 1 + 0.3 * this.screen[3 * i + 2] : 1);
    return this.show.sizes ? Math.max(1.5, 3.4 * base * Math.sqrt(this.data.shares[i] / this.largestShare)) : grown;
  }

  colourOf(i) { return this.colours.groups[this.data.of ? this.data.of[i] % COLOURS : 0]; }

  /* Drawn in full; the others are there, but pale. */
  inFull(i) {
    if (this.matches && !this.matches.has(i)) return false;
    return this.group < 0 || this.data.of[i] === this.group;
  }

  inView(i) {
    const x = this.screen[3 * i], y = this.screen[3 * i + 1];
    return x > -20 && y > -20 && x < this.width + 20 && y < this.height + 20;
  }

  nearest(x, y, reach) {
    let best = -1, least = reach * reach;
    for (let i = 0; i < this.n; i++) {
      const off = (this.screen[3 * i] - x) ** 2 + (this.screen[3 * i + 1] - y) ** 2;
      if (off < least && (this.inFull(i) || off < 36)) { least = off; best = i; }
    }
    return best;
  }

  /* ---- drawing ---- */

  grid(context) {
    const span = Math.max(this.width, this.height) / this.scale, raw = span / 9, power = 10 ** Math.floor(Math.log10(raw));
    const digit = raw / power, step = power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * this.scale;
    const cx = this.width / 2 + this.shift[0] - this.middle[0] * this.scale, cy = this.height / 2 + this.shift[1] + this.middle[1] * this.scale;
    context.strokeStyle = this.colours.grid;
    context.lineWidth = 1;
    context.beginPath();
    for (let x = cx - Math.floor(cx / step) * step; x < this.width; x += step) { context.moveTo(Math.round(x) + 0.5, 0); context.lineTo(Math.round(x) + 0.5, this.height); }
    for (let y = cy - Math.floor(cy / step) * step; this.axes > 1 && y < this.height; y += step) { context.moveTo(0, Math.round(y) + 0.5); context.lineTo(this.width, Math.round(y) + 0.5); }
    context.stroke();
  }

  /* The box that the points lie in, so that turning can be seen. */
  box(context) {
    const corner = (k) => {
      const at = [0, 1, 2].map((d) => ((k >> d) & 1 ? 1 : -1) * this.half[d]), r = this.rotation;
      return [this.width / 2 + this.shift[0] + this.scale * (r[0] * at[0] + r[1] * at[1] + r[2] * at[2]),
        this.height / 2 + this.shift[1] - this.scale * (r[3] * at[0] + r[4] * at[1] + r[5] * at[2])];
    };
    context.strokeStyle = this.colours.grid;
    context.lineWidth = 1.2;
    context.beginPath();
    for (let k = 0; k < 8; k++)
      for (const d of [1, 2, 4])
        if (!(k & d)) { context.moveTo(...corner(k)); context.lineTo(...corner(k | d)); }
    context.stroke();
  }

  /* That holds 95 %: 5.99 for two dimensions, 3.84 for one. */
  ellipses(context, covariances) {
    const d = this.axes, r = this.rotation, factor = d === 1 ? 3.841458821 : 5.991464547;
    context.lineWidth = 1.2;
    for (let i = 0; i < this.n; i++) {
      if (!this.inView(i)) continue;
      const c = (k, l) => (k < d && l < d ? covariances[(i * d + k) * d + l] : 0);
      const seen = (u, v) => {
        let sum = 0;
        for (let k = 0; k < 3; k++) for (let l = 0; l < 3; l++) sum += r[3 * u + k] * c(k, l) * r[3 * v + l];
        return sum;
      };
      const a = seen(0, 0), b = seen(0, 1), e = seen(1, 1), middle = (a + e) / 2, off = Math.hypot((a - e) / 2, b);
      context.strokeStyle = context.fillStyle = this.colourOf(i);
      context.globalAlpha = this.inFull(i) ? 0.75 : 0.15;
      context.beginPath();
      context.ellipse(this.screen[3 * i], this.screen[3 * i + 1], this.scale * Math.sqrt(factor * Math.max(0, middle + off)),
        this.scale * Math.sqrt(factor * Math.max(0, middle - off)), -Math.atan2(2 * b, a - e) / 2, 0, 2 * Math.PI);
      context.stroke();
      context.globalAlpha *= 0.1;
      context.fill();
    }
    context.globalAlpha = 1;
  }

  points(context) {
    const order = Array.from({ length: this.n }, (_, i) => i).filter((i) => this.inView(i));
    const depth = (i) => (this.inFull(i) ? 10 : 0) + (this.turnable ? this.screen[3 * i + 2] : 0);
    if (this.turnable || this.group >= 0 || this.matches) order.sort((a, b) => depth(a) - depth(b));
    for (const i of order) {
      const radius = this.radiusOf(i), shape = this.data.of ? shapeOf(this.data.of[i]) : 0;
      context.save();
      context.translate(this.screen[3 * i], this.screen[3 * i + 1]);
      context.scale(radius, radius);
      context.globalAlpha = !this.inFull(i) ? 0.14 : this.show.sizes ? 0.62 : this.turnable ? 0.66 + 0.3 * this.screen[3 * i + 2] : 0.9;
      context.fillStyle = this.colourOf(i);
      context.fill(this.shapes[shape]);
      context.strokeStyle = this.colours.card;
      context.lineWidth = 0.8 / radius;
      context.stroke(this.shapes[shape]);
      context.restore();
    }
  }

  /* From the object in question to those with which it fits worst: too near in the map, or too far. */
  partnerLines(context, i) {
    const list = this.data.partners[i];
    context.lineWidth = 1.6;
    for (let k = 0; k < list.length; k += 4) {
      const j = list[k], residual = list[k + 2] - list[k + 3];
      context.strokeStyle = residual > 0 ? this.colours.warm : this.colours.accent;
      context.setLineDash(residual > 0 ? [] : [5, 4]);
      context.beginPath();
      context.moveTo(this.screen[3 * i], this.screen[3 * i + 1]);
      context.lineTo(this.screen[3 * j], this.screen[3 * j + 1]);
      context.stroke();
    }
    context.setLineDash([]);
  }

  ring(context, i, colour, width) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(this.screen[3 * i], this.screen[3 * i + 1], this.radiusOf(i) + 2.5, 0, 2 * Math.PI);
    context.stroke();
  }

  /* First what is pointed at, then what was found, then from the rim inwards, where there is room. */
  labels(context) {
    const near = this.hovered >= 0 ? this.hovered : this.chosen, partners = new Set();
    if (near >= 0) for (let k = 0; k < this.data.partners[near].length; k += 4) partners.add(this.data.partners[near][k]);
    if (this.partner >= 0) partners.add(this.partner);
    const ranked = [];
    for (let i = 0; i < this.n; i++) {
      if (!this.inView(i)) continue;
      const special = i === near ? 3 : partners.has(i) ? 2 : this.matches && this.matches.has(i) ? 1 : 0;
      if (!special && (!this.show.names || !this.named || !this.inFull(i) || this.matches)) continue;
      const x = this.screen[3 * i], y = this.screen[3 * i + 1];
      ranked.push({ i, special, x, y, far: Math.hypot(x - this.width / 2, y - this.height / 2) + special * 1e6, radius: this.radiusOf(i), forced: special > 1 });
    }
    ranked.sort((a, b) => b.far - a.far);
    context.font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
    const clip = (name) => (name.length > 28 ? `${name.slice(0, 27)}…` : name);
    const wanted = ranked.slice(0, NAMES_MOST).map((label) => ({ ...label, text: clip(this.names[label.i]) }));
    const points = this.n <= 3000 ? Array.from({ length: this.n }, (_, i) => ({ x: this.screen[3 * i], y: this.screen[3 * i + 1], i })).filter((p) => this.inView(p.i)) : [];
    const placed = placeNames(context, wanted, points, this.radiusOf(0), this.width, this.height);
    this.drawnNames = placed.map((label) => label.text);
    context.lineJoin = 'round';
    for (const label of placed.reverse()) {
      context.strokeStyle = this.colours.card;
      context.lineWidth = 3.5;
      context.font = `${label.special === 3 ? '650 ' : ''}12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`;
      context.strokeText(label.text, label.left, label.base);
      context.fillStyle = label.special || !this.turnable ? this.colours.ink : this.colours.quiet;
      context.fillText(label.text, label.left, label.base);
    }
  }

  /* Names of groups over the middle of their points, where objects have none of their own. */
  groupNames(context) {
    if (!this.data.groups || this.named || !this.show.names || this.data.groups.length > 30) return;
    context.font = '700 16px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
    context.textAlign = 'center';
    this.data.groups.forEach((name, g) => {
      const middle = (k) => {
        const all = [];
        for (let i = 0; i < this.n; i++) if (this.data.of[i] === g) all.push(this.screen[3 * i + k]);
        return all.sort((a, b) => a - b)[all.length >> 1];
      };
      context.globalAlpha = this.group < 0 || this.group === g ? 1 : 0.2;
      context.strokeStyle = this.colours.card;
      context.lineWidth = 4;
      context.strokeText(name, middle(0), middle(1) + 6);
      context.fillStyle = this.colours.ink;
      context.fillText(name, middle(0), middle(1) + 6);
    });
    context.globalAlpha = 1;
    context.textAlign = 'start';
  }

  paint() {
    const ratio = devicePixelRatio || 1, context = this.context;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    if (!this.width || !this.height) return;
    if (this.canvas.width !== Math.round(this.width * ratio) || this.canvas.height !== Math.round(this.height * ratio)) {
      this.canvas.width = Math.round(this.width * ratio);
      this.canvas.height = Math.round(this.height * ratio);
    }
    this.colours ||= palette();
    this.shapes ||= SHAPES.map((path) => new Path2D(path));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.project();
    if (this.turnable) this.box(context);
    else this.grid(context);
    for (const kind of ['jackknife', 'bootstrap']) if (this.show[kind] && this.data[kind]) this.ellipses(context, this.data[kind]);
    const near = this.hovered >= 0 ? this.hovered : this.chosen;
    if (near >= 0) this.partnerLines(context, near);
    this.points(context);
    if (this.matches) for (const i of this.matches) this.ring(context, i, this.colours.match, 1.6);
    if (this.partner >= 0) this.ring(context, this.partner, this.colours.warm, 2);
    if (near >= 0) this.ring(context, near, this.colours.ink, 2);
    this.labels(context);
    this.groupNames(context);
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.paint(); });
  }
}

/* A 3 x 3 rotation, turned on by an angle about the screen's horizontal (0) or upright (1) axis. */
const turnBy = (r, angle, axis) => {
  const c = Math.cos(angle), s = Math.sin(angle);
  const by = axis === 1 ? [c, 0, s, 0, 1, 0, -s, 0, c] : [1, 0, 0, 0, c, -s, 0, s, c];
  const to = new Array(9).fill(0);
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 3; k++) to[3 * i + j] += by[3 * i + k] * r[3 * k + j];
  return to;
};
