/* The canvas: panes of frames, a window of the width [left, right] in shares of the whole, and a scroll down
 * the levels. Only what can be seen is visited: rows by their number, frames in a row by binary search, and
 * frames narrower than a pixel are skipped up to the next pixel. */

const ROW = 20;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
const LABEL_LEAST = 26; /* px: narrower frames have no text */

class TextFitter {
  constructor(context) {
    this.context = context;
    this.widths = new Map();
  }

  charWidth(c) {
    let width = this.widths.get(c);
    if (width === undefined) {
      width = this.context.measureText(c).width;
      this.widths.set(c, width);
    }
    return width;
  }

  /* The text, cut with an ellipsis to `room` pixels; empty when fewer than two characters fit. */
  fit(text, room) {
    const dots = this.charWidth('\u2026');
    let used = 0;
    let cut = 0;
    for (let i = 0; i < text.length;) {
      const code = text.codePointAt(i);
      const c = code > 0xffff ? text.slice(i, i + 2) : text[i];
      used += this.charWidth(c);
      if (used + dots <= room) cut = i + c.length;
      i += c.length;
      if (used > room) return cut < 2 ? '' : `${text.slice(0, cut)}\u2026`;
    }
    return text;
  }
}

/* A row of single pixels: what is narrower than a pixel is written here and drawn at once, since tens of
 * thousands of rectangles are slow and as many numbers are not. */
class PixelRow {
  constructor(width) {
    this.canvas = document.createElement('canvas');
    this.canvas.width = width;
    this.canvas.height = 1;
    this.context = this.canvas.getContext('2d');
    this.image = this.context.createImageData(width, 1);
    this.probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    this.known = new Map();
    this.used = false;
  }

  /* A CSS colour as red, green and blue: the browser says how it reads it. */
  rgb(colour) {
    let made = this.known.get(colour);
    if (!made) {
      this.probe.fillStyle = colour;
      this.probe.fillRect(0, 0, 1, 1);
      made = this.probe.getImageData(0, 0, 1, 1).data;
      this.known.set(colour, made);
    }
    return made;
  }

  set(pixel, colour, alpha) {
    if (pixel < 0 || pixel >= this.image.width) return;
    const [red, green, blue] = this.rgb(colour);
    const { data } = this.image;
    data[4 * pixel] = red;
    data[4 * pixel + 1] = green;
    data[4 * pixel + 2] = blue;
    data[4 * pixel + 3] = 255 * alpha;
    this.used = true;
  }

  drawTo(context, top, wide, high) {
    if (!this.used) return;
    this.context.putImageData(this.image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.canvas, 0, top, wide, high);
    this.image.data.fill(0);
    this.used = false;
  }
}

class FlameChart {
  /* `look` answers about frames: fill(pane, node), ink(pane, node), label(pane, node), hatched(pane, node),
   * faded(pane, node). */
  constructor(canvas, overlay, map, look) {
    this.canvas = canvas;
    this.overlay = overlay;
    this.map = map;
    this.look = look;
    this.context = canvas.getContext('2d', { alpha: false });
    this.over = overlay.getContext('2d');
    this.mapContext = map.getContext('2d');
    this.panes = [];
    this.left = 0;
    this.right = 1;
    this.scroll = 0;
    this.theme = 'light';
    this.hover = null;
    this.select = null;
    this.width = 0;
    this.height = 0;
    this.matches = null; /* per pane, from matchedFrames */
    this.pending = false;
    this.mapImage = null;
  }

  /* panes: [{tree, dir: 1 down | -1 up, first: first level drawn}] ; rows above the common origin come from
   * the upward pane. */
  setPanes(panes) {
    this.panes = panes;
    const up = panes.find((p) => p.dir < 0);
    const down = panes.find((p) => p.dir > 0);
    const above = up ? up.tree.levels - (down ? 1 : 0) : 0;
    const below = down ? down.tree.levels : 0;
    this.rowsHigh = above + below;
    for (const pane of panes) pane.originRow = pane.dir > 0 ? above : above - (down ? 0 : 1);
    this.hover = null;
    this.select = null;
    this.matches = null;
    this.mapImage = null;
  }

  resize() {
    const box = this.canvas.parentElement.getBoundingClientRect();
    const dpr = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.floor(box.width));
    const height = Math.max(1, Math.floor(box.height));
    if (width === this.width && height === this.height && dpr === this.dpr) return;
    const bottom = this.anchoredBelow() ? this.contentHeight() - this.scroll - this.height : null;
    this.width = width;
    this.height = height;
    this.dpr = dpr;
    for (const canvas of [this.canvas, this.overlay]) {
      canvas.width = Math.round(width * dpr);
      canvas.height = Math.round(height * dpr);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const mapBox = this.map.parentElement.getBoundingClientRect();
    this.mapWidth = Math.max(1, Math.floor(mapBox.width));
    this.mapHeight = Math.max(1, Math.floor(mapBox.height));
    this.map.width = Math.round(this.mapWidth * dpr);
    this.map.height = Math.round(this.mapHeight * dpr);
    this.mapImage = null;
    this.fitter = new TextFitter(this.context);
    this.pixels = new PixelRow(this.canvas.width);
    this.context.font = FONT;
    if (bottom !== null) this.scroll = this.contentHeight() - this.height - bottom;
    this.clampScroll();
    this.draw();
  }

  contentHeight() {
    return this.rowsHigh * ROW;
  }

  anchoredBelow() {
    return this.panes.length === 1 && this.panes[0].dir < 0;
  }

  /* A short flame graph stands on the ground; a short icicle hangs from the top; a sandwich is in between. */
  topGap() {
    const gap = this.height - this.contentHeight();
    if (gap <= 0) return 0;
    if (this.panes.length > 1) return Math.floor(gap / 3);
    return this.anchoredBelow() ? gap : 0;
  }

  clampScroll() {
    this.scroll = Math.max(0, Math.min(this.scroll, this.contentHeight() - this.height));
  }

  /* To the root, wherever it is. */
  scrollHome() {
    if (this.panes.length > 1) this.scroll = this.panes[0].originRow * ROW - this.height / 2;
    else this.scroll = this.anchoredBelow() ? this.contentHeight() : 0;
    this.clampScroll();
  }

  rowTop(pane, depth) {
    return (pane.originRow + pane.dir * depth) * ROW - this.scroll + this.topGap();
  }

  scrollTo(pane, depth) {
    const top = this.rowTop(pane, depth);
    if (top < ROW) this.scroll += top - 2 * ROW;
    else if (top > this.height - 2 * ROW) this.scroll += top - this.height + 3 * ROW;
    this.clampScroll();
  }

  setWindow(left, right) {
    let span = Math.min(1, Math.max(right - left, 1e-12));
    let from = Math.max(0, Math.min(left, 1 - span));
    this.left = from;
    this.right = from + span;
    if (this.right > 1) this.right = 1;
  }

  toPixel(share) {
    return ((share - this.left) / (this.right - this.left)) * this.width;
  }

  toShare(pixel) {
    return this.left + (pixel / this.width) * (this.right - this.left);
  }

  hit(px, py) {
    for (const pane of this.panes) {
      const row = Math.floor((py + this.scroll - this.topGap()) / ROW);
      const depth = (row - pane.originRow) * pane.dir;
      if (depth < (pane.first || 0) || depth >= pane.tree.levels) continue;
      const { tree } = pane;
      const share = this.toShare(px);
      const end = tree.rowStart[depth + 1];
      const k = firstInRow(tree, tree.rows, tree.rowStart[depth], end, share);
      if (k < end && tree.x[tree.rows[k]] <= share) return { pane, node: tree.rows[k] };
    }
    return null;
  }

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
    });
  }

  paint() {
    if (!this.width || !this.panes.length) return;
    const c = this.context;
    const t = THEMES[this.theme];
    c.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    c.fillStyle = t.ground;
    c.fillRect(0, 0, this.width, this.height);
    c.font = FONT;
    c.textBaseline = 'middle';
    this.drawn = 0;
    this.panes.forEach((pane, index) => {
      const span = this.visibleDepths(pane);
      for (let depth = span.from; depth < span.to; depth++) this.paintRow(pane, depth, null);
      const found = this.matches && this.matches[index];
      if (found) for (let depth = span.from; depth < span.to; depth++) this.paintRow(pane, depth, found);
    });
    this.paintOverlay();
    this.paintMap();
  }

  visibleDepths(pane) {
    const first = Math.floor((this.scroll - this.topGap()) / ROW);
    const last = Math.ceil((this.scroll - this.topGap() + this.height) / ROW);
    const a = (first - pane.originRow) * pane.dir;
    const b = (last - pane.originRow) * pane.dir;
    return {
      from: Math.max(pane.first || 0, Math.min(a, b)),
      to: Math.min(pane.tree.levels, Math.max(a, b) + 1),
    };
  }

  /* One level; with `found` only the matches, over what is there. */
  paintRow(pane, depth, found) {
    const { tree } = pane;
    const { x, w } = tree;
    const rows = found ? found.rows : tree.rows;
    const start = found ? found.rowStart[depth] : tree.rowStart[depth];
    const end = found ? found.rowStart[depth + 1] : tree.rowStart[depth + 1];
    const c = this.context;
    const t = THEMES[this.theme];
    const scale = this.width / (this.right - this.left);
    const top = this.rowTop(pane, depth);
    const high = ROW - 1;
    const fade = this.matches && !found ? t.faded : 1;
    let k = firstInRow(tree, rows, start, end, this.left);
    while (k < end) {
      const i = rows[k];
      if (x[i] >= this.right) break;
      const p0 = (x[i] - this.left) * scale;
      const p1 = p0 + w[i] * scale;
      this.drawn++;
      if (p1 - p0 < 0.8) {
        const pixel = Math.floor(p0 * this.dpr);
        this.pixels.set(pixel, found ? t.match : this.look.fill(pane, i), found ? 1 : fade * 0.75);
        k = Math.max(k + 1, firstInRow(tree, rows, k + 1, end, this.left + (pixel + 1) / this.dpr / scale));
        continue;
      }
      const a = Math.round(Math.max(p0, -4) * this.dpr) / this.dpr;
      const b = Math.round(Math.min(p1, this.width + 4) * this.dpr) / this.dpr;
      const wide = b - a;
      const gap = wide > 3 ? 1 : wide > 1.5 ? 0.5 : 0;
      c.globalAlpha = fade * (this.look.faded(pane, i) ? 0.55 : 1);
      c.fillStyle = found ? t.match : this.look.fill(pane, i);
      if (wide > 8) {
        c.beginPath();
        c.roundRect(a, top, wide - gap, high, 2);
        c.fill();
      } else {
        c.fillRect(a, top, Math.max(wide - gap, 1 / this.dpr), high);
      }
      if (!found && wide > 2 && this.look.hatched(pane, i)) this.hatch(a, top, wide - gap, high);
      if (wide >= LABEL_LEAST) {
        const from = Math.max(a, 0) + 5;
        const text = this.fitter.fit(this.look.label(pane, i), Math.min(b, this.width) - from - 4);
        if (text) {
          c.fillStyle = found ? t.matchInk : this.look.ink(pane, i);
          if (fade < 1) c.globalAlpha = 0.5;
          c.fillText(text, from, top + high / 2 + 0.5);
        }
      }
      k++;
    }
    c.globalAlpha = 1;
    this.pixels.drawTo(c, top, this.canvas.width / this.dpr, high);
  }

  hatch(left, top, wide, high) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(Math.max(left, 0), top, Math.min(left + wide, this.width) - Math.max(left, 0), high);
    c.clip();
    c.strokeStyle = THEMES[this.theme].hatch;
    c.lineWidth = 1.5;
    c.beginPath();
    const to = Math.min(left + wide, this.width);
    for (let x = Math.floor((Math.max(left, 0) - high) / 6) * 6; x < to; x += 6) {
      c.moveTo(x, top + high);
      c.lineTo(x + high, top);
    }
    c.stroke();
    c.restore();
  }

  box(where) {
    const { pane, node } = where;
    const a = Math.max(this.toPixel(pane.tree.x[node]), -2);
    const b = Math.min(this.toPixel(pane.tree.x[node] + pane.tree.w[node]), this.width + 2);
    return { left: a, top: this.rowTop(pane, pane.tree.depth[node]), wide: Math.max(b - a, 2), high: ROW - 1 };
  }

  paintOverlay() {
    const c = this.over;
    const t = THEMES[this.theme];
    c.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    c.clearRect(0, 0, this.width, this.height);
    const outline = (where, colour, thick) => {
      const box = this.box(where);
      if (box.left > this.width || box.left + box.wide < 0) return;
      c.strokeStyle = colour;
      c.lineWidth = thick;
      c.beginPath();
      c.roundRect(box.left + thick / 2 - 0.5, box.top + thick / 2 - 0.5, Math.max(box.wide - thick, 1), box.high - thick + 1, 3);
      c.stroke();
    };
    /* how far down the levels we are */
    const whole = this.contentHeight();
    if (whole > this.height) {
      const long = Math.max(24, (this.height * this.height) / whole);
      const room = whole - this.height;
      c.fillStyle = t.quietInk;
      c.globalAlpha = 0.5;
      c.beginPath();
      c.roundRect(this.width - 6, 2 + (this.scroll / room) * (this.height - long - 4), 4, long, 2);
      c.fill();
      c.globalAlpha = 1;
    }
    if (this.hover) outline(this.hover, t.hover, 1.5);
    if (this.select) outline(this.select, t.select, 2.5);
  }

  /* The whole width at a glance, drawn once; the window over it. */
  paintMap() {
    const c = this.mapContext;
    const t = THEMES[this.theme];
    if (!this.mapImage) this.mapImage = this.renderMap();
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, this.map.width, this.map.height);
    c.drawImage(this.mapImage, 0, 0);
    c.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    const a = this.left * this.mapWidth;
    const b = Math.max(this.right * this.mapWidth, a + 2);
    if (this.right - this.left < 0.9999) {
      c.fillStyle = this.theme === 'dark' ? 'rgba(10,11,14,.62)' : 'rgba(246,247,249,.74)';
      c.fillRect(0, 0, a, this.mapHeight);
      c.fillRect(b, 0, this.mapWidth - b, this.mapHeight);
      c.strokeStyle = t.select;
      c.lineWidth = 1.5;
      c.strokeRect(a + 0.75, 0.75, Math.max(b - a - 1.5, 0.5), this.mapHeight - 1.5);
    }
  }

  renderMap() {
    const canvas = document.createElement('canvas');
    canvas.width = this.map.width;
    canvas.height = this.map.height;
    const c = canvas.getContext('2d');
    const t = THEMES[this.theme];
    const wide = canvas.width;
    const rowHigh = Math.min(canvas.height / Math.max(this.rowsHigh, 8), 5 * this.dpr);
    const base = this.anchoredBelow() ? canvas.height - rowHigh * this.rowsHigh : 0;
    const paint = (pane, rows, rowStart) => {
      const { tree } = pane;
      const step = Math.max(1, Math.floor(0.5 / rowHigh));
      for (let depth = pane.first || 0; depth < tree.levels; depth += step) {
        const top = base + (pane.originRow + pane.dir * depth) * rowHigh;
        const end = rowStart[depth + 1];
        let k = rowStart[depth];
        let from = -1;
        let to = -1;
        /* neighbours join in one rectangle: a silhouette needs no borders */
        while (k < end) {
          const i = rows[k];
          const a = Math.floor(tree.x[i] * wide);
          const b = Math.max(a + 1, Math.floor((tree.x[i] + tree.w[i]) * wide));
          if (a > to + 1) {
            if (to > from) c.fillRect(from, top, to - from, Math.max(rowHigh, 1));
            from = a;
          }
          if (from < 0) from = a;
          to = Math.max(to, b);
          k = Math.max(k + 1, firstInRow(tree, rows, k + 1, end, to / wide));
        }
        if (to > from) c.fillRect(from, top, to - from, Math.max(rowHigh, 1));
      }
    };
    this.panes.forEach((pane, index) => {
      c.fillStyle = this.plainMap ? t.mapPlain : t.map;
      c.globalAlpha = this.matches ? 0.45 : 0.85;
      paint(pane, pane.tree.rows, pane.tree.rowStart);
      const found = this.matches && this.matches[index];
      if (found) {
        c.globalAlpha = 1;
        c.fillStyle = t.mapMatch;
        paint(pane, found.rows, found.rowStart);
      }
    });
    return canvas;
  }
}
