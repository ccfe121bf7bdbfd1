/* What moves the map: pointer, fingers, wheel, keys; the search, the legend, the switches. */

class MapControls {
  constructor(host, data, tip) {
    this.view = new MapView(host, data);
    this.tip = tip;
    this.pointers = new Map();
    this.listeners = []; // told of the chosen object
    this.build(host, data);
    this.canvas.addEventListener('pointerdown', (event) => this.down(event));
    this.canvas.addEventListener('pointermove', (event) => this.move(event));
    for (const name of ['pointerup', 'pointercancel']) this.canvas.addEventListener(name, (event) => this.up(event));
    this.canvas.addEventListener('pointerleave', () => this.hover(-1));
    this.canvas.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    this.canvas.addEventListener('keydown', (event) => this.key(event));
    this.canvas.addEventListener('dblclick', () => this.act('reset'));
    new ResizeObserver(() => { this.shape(); this.view.draw(); }).observe(host);
    this.shape();
  }

  /* As high as the map needs at this width, and no higher than a window. */
  shape() {
    const { half, turnable } = this.view, stage = this.canvas.parentNode;
    const wanted = turnable ? stage.clientWidth : (stage.clientWidth - 100) * Math.max(half[1], half[0] / 4) / Math.max(half[0], 1e-300) + 80;
    const height = `${Math.round(Math.max(260, Math.min(wanted, 0.72 * innerHeight, 660)))}px`;
    if (stage.style.height !== height) stage.style.height = height;
  }

  build(host, data) {
    const view = this.view;
    this.canvas = view.canvas = element('canvas', {
      tabindex: 0, role: 'application', 'aria-roledescription': 'map',
      'aria-label': `Map of ${data.n} objects. Arrows move${view.turnable ? ' or turn' : ''} it, plus and minus enlarge, 0 shows all, slash searches.`,
    });
    view.context = this.canvas.getContext('2d');
    this.box = element('input', { type: 'search', placeholder: 'Search (/)', 'aria-label': 'Search objects', spellcheck: 'false', autocomplete: 'off' });
    this.found = element('span', { class: 'found', role: 'status' });
    this.box.addEventListener('input', () => this.search(this.box.value));
    this.box.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') { this.box.value = ''; this.search(''); this.canvas.focus(); }
      if (event.key === 'Enter' && view.matches && view.matches.size) { this.next(event.shiftKey ? -1 : 1); event.preventDefault(); }
    });
    this.tools = element('div', { class: 'tools', role: 'toolbar', 'aria-label': 'The map' });
    this.switches = {};
    const button = (label, title, action, square) => {
      const made = element('button', { type: 'button', class: square ? 'tool square' : 'tool', title, 'aria-label': square ? title : null }, [label]);
      made.addEventListener('click', action);
      this.tools.append(made);
      return made;
    };
    const flip = (key, label, title) => { this.switches[key] = button(label, title, () => this.toggle(key)); this.mark(key); };
    flip('names', 'Names', 'Names (n)');
    flip('sizes', 'Stress', 'Points as large as they fit badly (s)');
    if (data.bootstrap) flip('bootstrap', 'Bootstrap', '95 % ellipses of the bootstrap (b)');
    if (data.jackknife) flip('jackknife', 'Jackknife', '95 % ellipses of the jackknife (j)');
    button('+', 'Enlarge (+)', () => this.act('in'), true);
    button('−', 'Make smaller (-)', () => this.act('out'), true);
    button('⟲', 'Show all (0)', () => this.act('reset'), true);
    const stage = element('div', { class: 'stage' }, [this.canvas]);
    this.facts = element('div', { class: 'facts', 'aria-live': 'polite' });
    host.append(element('div', { class: 'bar' }, [element('label', { class: 'search' }, [searchIcon(), this.box, this.found]), this.tools]), stage);
    if (data.groups) host.append(this.legend(data));
    host.append(this.facts);
    this.tell(-1);
  }

  legend(data) {
    const counts = new Array(data.groups.length).fill(0);
    for (const g of data.of) counts[g]++;
    const list = element('div', { class: 'legend', role: 'group', 'aria-label': 'Groups' });
    data.groups.slice(0, 40).forEach((name, g) => {
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      svg.setAttribute('viewBox', '-1.6 -1.6 3.2 3.2');
      svg.setAttribute('aria-hidden', 'true');
      path.setAttribute('d', SHAPES[shapeOf(g)]);
      path.setAttribute('class', `c${g % COLOURS}`);
      svg.append(path);
      const entry = element('button', { type: 'button', 'aria-pressed': 'false' }, [svg, element('span', {}, [name || '(none)']), element('small', {}, [String(counts[g])])]);
      entry.addEventListener('click', () => {
        this.view.group = this.view.group === g ? -1 : g;
        [...list.querySelectorAll('button')].forEach((other, k) => other.setAttribute('aria-pressed', String(this.view.group === k)));
        this.view.draw();
      });
      list.append(entry);
    });
    if (data.groups.length > 40) list.append(element('small', {}, [`and ${data.groups.length - 40} more`]));
    return list;
  }

  mark(key) { this.switches[key].setAttribute('aria-pressed', String(this.view.show[key])); }

  toggle(key) {
    if (!this.switches[key]) return;
    this.view.show[key] = !this.view.show[key];
    this.mark(key);
    this.view.draw();
  }

  /* ---- zoom and move ---- */

  zoomAt(factor, x, y) {
    const view = this.view, before = view.zoom;
    view.zoom = Math.min(200, Math.max(1, before * factor));
    const by = view.zoom / before, cx = view.width / 2, cy = view.height / 2;
    view.shift = [(view.shift[0] + cx - x) * by + x - cx, (view.shift[1] + cy - y) * by + y - cy];
    if (view.zoom === 1) view.shift = [0, 0];
    view.draw();
  }

  pan(dx, dy) {
    const view = this.view, most = view.zoom * Math.max(view.width, view.height);
    view.shift = [Math.max(-most, Math.min(most, view.shift[0] + dx)), Math.max(-most, Math.min(most, view.shift[1] + dy))];
    view.draw();
  }

  turn(dx, dy) {
    this.view.rotation = turnBy(turnBy(this.view.rotation, dx, 1), dy, 0);
    this.view.draw();
  }

  act(what) {
    const view = this.view;
    if (what === 'reset') { view.reset(); view.draw(); }
    else this.zoomAt(what === 'in' ? 1.5 : 1 / 1.5, view.width / 2, view.height / 2);
  }

  wheel(event) {
    const box = this.canvas.getBoundingClientRect();
    if (event.deltaY > 0 && this.view.zoom === 1 && !event.ctrlKey) return; // nothing to zoom out of: the page scrolls
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 30 : 1;
    this.zoomAt(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) * 0.0022), event.clientX - box.left, event.clientY - box.top);
  }

  spot(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.spot(event));
    this.moved = 0;
    this.canvas.classList.add('dragging');
  }

  move(event) {
    const at = this.spot(event), before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== 'touch') this.hover(this.view.nearest(at.x, at.y, 18), event);
      return;
    }
    const dx = at.x - before.x, dy = at.y - before.y;
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, spot]) => spot);
      const far = Math.hypot(at.x - other.x, at.y - other.y), was = Math.hypot(before.x - other.x, before.y - other.y);
      this.pan(dx / 2, dy / 2);
      if (was > 0) this.zoomAt(far / was, (at.x + other.x) / 2, (at.y + other.y) / 2);
    } else if (this.moved > 3) {
      this.tip.hide();
      if (this.view.turnable && !event.shiftKey) this.turn(dx * 0.009, dy * 0.009);
      else this.pan(dx, dy);
    }
    this.pointers.set(event.pointerId, at);
  }

  up(event) {
    const was = this.pointers.delete(event.pointerId);
    this.canvas.classList.toggle('dragging', this.pointers.size > 0);
    if (!was || this.moved > 4 || event.type === 'pointercancel') return;
    const at = this.spot(event), hit = this.view.nearest(at.x, at.y, event.pointerType === 'touch' ? 28 : 18);
    this.choose(hit === this.view.chosen ? -1 : hit);
    if (event.pointerType === 'touch') this.tell(this.view.chosen);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (arrows) {
      if (this.view.turnable && !event.shiftKey) this.turn(-arrows[0] * 0.12, -arrows[1] * 0.12);
      else this.pan(arrows[0] * 48, arrows[1] * 48);
    } else if (event.key === '+' || event.key === '=') this.act('in');
    else if (event.key === '-') this.act('out');
    else if (event.key === '0' || event.key === 'Home') this.act('reset');
    else if (event.key === '/') this.box.focus();
    else if (event.key === 'n') this.toggle('names');
    else if (event.key === 's') this.toggle('sizes');
    else if (event.key === 'b') this.toggle('bootstrap');
    else if (event.key === 'j') this.toggle('jackknife');
    else if (event.key === 'Enter' && this.view.matches) this.next(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') { this.choose(-1); this.box.value = ''; this.search(''); }
    else return;
    event.preventDefault();
  }

  /* ---- objects ---- */

  hover(i, event) {
    this.canvas.classList.toggle('pointing', i >= 0);
    if (i >= 0 && event) this.tip.show(this.about(i), event.clientX, event.clientY);
    else this.tip.hide();
    if (i === this.view.hovered) return;
    this.view.hovered = i;
    this.tell(i >= 0 ? i : this.view.chosen);
    this.view.draw();
  }

  /* A name, its share of the stress, and with whom it fits worst. */
  about(i) {
    const { data, names } = this.view, list = data.partners[i], rows = [];
    for (let k = 0; k < list.length; k += 4)
      rows.push(element('tr', {}, [
        element('td', {}, [names[list[k]]]), element('td', {}, [figure(list[k + 2])]), element('td', {}, [figure(list[k + 3])]),
        element('td', { class: list[k + 2] > list[k + 3] ? 'near' : 'far' }, [list[k + 2] > list[k + 3] ? 'too near' : 'too far']),
      ]));
    const head = element('tr', {}, ['fits worst with', 'is to be', 'is', ''].map((text) => element('th', {}, [text])));
    const group = data.of ? ` · ${data.groups[data.of[i]]}` : '';
    const nodes = [element('b', {}, [names[i] + group]), `${(100 * data.shares[i]).toFixed(2)} % of the stress`];
    return rows.length ? [...nodes, element('table', {}, [head, ...rows])] : nodes;
  }

  tell(i) {
    const { data, names } = this.view;
    if (i < 0) {
      const touched = matchMedia('(pointer: coarse)').matches, turnable = this.view.turnable;
      this.facts.replaceChildren(touched ? `${turnable ? 'Drag sideways to turn; t' : 'T'}wo fingers enlarge and move; tap an object to see what it fits worst with.`
        : `Drag to ${turnable ? 'turn, shift-drag to ' : ''}move, wheel to zoom; point at an object to see what it fits worst with.`);
      return;
    }
    const parts = [element('strong', {}, [names[i]])], add = (text) => parts.push(element('span', {}, [text]));
    if (data.of) add(data.groups[data.of[i]]);
    add(`${(100 * data.shares[i]).toFixed(2)} % of the stress`);
    if (data.influence && data.influence[i] !== null) add(`without it the others move by ${figure(data.influence[i])}`);
    const list = data.partners[i];
    if (list.length) add(`fits worst with ${[0, 4, 8].filter((k) => k < list.length).map((k) => `${names[list[k]]} (${list[k + 2] > list[k + 3] ? 'too near' : 'too far'})`).join(', ')}`);
    this.facts.replaceChildren(...parts);
  }

  choose(i, partner = -1) {
    this.view.chosen = i;
    this.view.partner = partner;
    if (i >= 0 && !this.view.inView(i)) this.act('reset');
    this.tell(i);
    this.view.draw();
    for (const listener of this.listeners) listener(i, partner);
  }

  search(text) {
    const wanted = text.trim().toLowerCase(), view = this.view;
    const holds = (i) => view.names[i].toLowerCase().includes(wanted) || (view.data.of && view.data.groups[view.data.of[i]].toLowerCase() === wanted);
    view.matches = wanted ? new Set(Array.from({ length: view.n }, (_, i) => i).filter(holds)) : null;
    this.found.textContent = view.matches ? (view.matches.size ? `${view.matches.size} found` : 'none') : '';
    if (view.matches && view.matches.size === 1) this.choose([...view.matches][0]);
    else if (view.chosen >= 0 && view.matches) this.choose(-1);
    view.draw();
  }

  next(step) {
    const all = [...this.view.matches], at = all.indexOf(this.view.chosen);
    if (all.length) this.choose(all[(at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step + all.length) % all.length]);
  }
}
