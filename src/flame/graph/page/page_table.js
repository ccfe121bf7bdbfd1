/* The table of functions: self and total (in a difference: before, after and change), sorted by any column,
 * drawn row by row as it scrolls, so that 200,000 functions are no more work than 20. */

const TABLE_ROW = 28;

class FunctionTable {
  /* `view` answers: columns() -> [{key, title, hint}], value(key, group), cell(key, group) -> {text, bar, sign},
   * label(group), place(group), colour(group) (empty: none), pick(group), sandwich(group). */
  constructor(host, view) {
    this.view = view;
    this.groups = new Int32Array(0);
    this.sort = null;
    this.down = true;
    this.current = -1;
    this.head = element('div', { class: 'fl-table-head', role: 'row' });
    this.body = element('div', {
      class: 'fl-table-body', role: 'rowgroup', tabindex: '0', 'aria-label': 'Functions; arrow keys move, Enter shows in the graph',
    });
    this.spacer = element('div', { class: 'fl-table-spacer' });
    this.body.append(this.spacer);
    this.root = element('div', { class: 'fl-table-grid', role: 'table', 'aria-label': 'Functions by samples' }, [this.head, this.body]);
    host.append(this.root);
    this.body.addEventListener('scroll', () => this.draw());
    this.body.addEventListener('keydown', (event) => this.key(event));
    this.body.addEventListener('click', (event) => {
      const row = event.target.closest('[data-row]');
      if (!row) return;
      this.current = Number(row.dataset.row);
      const group = this.groups[this.current];
      /* rows are made anew while they are clicked: the second click of two is told by its count */
      if (event.target.closest('.fl-row-sandwich') || event.detail === 2) this.view.sandwich(group);
      else this.view.pick(group);
      this.draw();
    });
    new ResizeObserver(() => this.draw()).observe(this.body);
  }

  setRows(groups) {
    const chosen = this.current >= 0 ? this.groups[this.current] : -1;
    this.groups = groups;
    const columns = this.view.columns();
    if (!columns.some((c) => c.key === this.sort)) {
      this.sort = columns[0].key;
      this.down = true;
    }
    this.sortRows();
    this.current = chosen >= 0 ? this.groups.indexOf(chosen) : -1;
    this.drawHead();
    this.draw();
  }

  sortRows() {
    const { sort, view } = this;
    if (sort === 'name') {
      this.groups.sort((a, b) => {
        const x = view.label(a);
        const y = view.label(b);
        return x < y ? -1 : x > y ? 1 : a - b;
      });
      if (this.down) this.groups.reverse();
      return;
    }
    /* changes sort by their size, whichever the direction */
    const value = (g) => (sort.startsWith('change') ? Math.abs(view.value(sort, g)) : view.value(sort, g));
    this.groups.sort(this.down ? (a, b) => value(b) - value(a) || a - b : (a, b) => value(a) - value(b) || a - b);
  }

  sortBy(key) {
    if (this.sort === key) this.down = !this.down;
    else {
      this.sort = key;
      this.down = key !== 'name';
    }
    this.sortRows();
    this.body.scrollTop = 0;
    this.drawHead();
    this.draw();
  }

  drawHead() {
    const focused = this.head.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const make = (key, title, hint) => {
      const active = this.sort === key;
      const button = element('button', { type: 'button', 'data-key': key, title: hint }, [
        title, element('span', { class: 'fl-sort', 'aria-hidden': 'true' }, [active ? (this.down ? '\u25be' : '\u25b4') : ''])]);
      button.addEventListener('click', () => this.sortBy(key));
      return element('div', {
        role: 'columnheader', class: `fl-col fl-col-${key === 'name' ? 'name' : 'number'}`,
        'aria-sort': active ? (this.down ? 'descending' : 'ascending') : 'none',
      }, [button]);
    };
    this.head.replaceChildren(...this.view.columns().map((c) => make(c.key, c.title, c.hint)),
      make('name', 'Function', 'Sort by name'));
    if (focused) this.head.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  draw() {
    const high = this.body.clientHeight;
    if (!high) return;
    const count = this.groups.length;
    const columns = this.view.columns();
    /* browsers stop at some 30 million pixels: beyond that the scroll is scaled */
    const whole = Math.min(count * TABLE_ROW, 16e6);
    this.spacer.style.height = `${whole}px`;
    const room = Math.max(1, whole - high);
    const share = Math.min(1, this.body.scrollTop / room);
    const offset = whole < count * TABLE_ROW ? share * (count * TABLE_ROW - high) : this.body.scrollTop;
    const first = Math.max(0, Math.floor(offset / TABLE_ROW) - 2);
    const last = Math.min(count, Math.ceil((offset + high) / TABLE_ROW) + 2);
    const rows = [];
    for (let r = first; r < last; r++) {
      const group = this.groups[r];
      const cells = columns.map((c) => {
        const cell = this.view.cell(c.key, group);
        return element('div', { role: 'cell', class: `fl-col fl-col-number ${cell.sign || ''}` }, [
          element('span', { class: 'fl-cell-bar', style: `width:${(100 * Math.min(1, cell.bar)).toFixed(2)}%` }),
          element('span', { class: 'fl-cell-text' }, [cell.text]),
          ...(cell.share ? [element('span', { class: 'fl-cell-text fl-cell-share' }, [cell.share])] : [])]);
      });
      const place = this.view.place(group);
      const colour = this.view.colour(group);
      /* many files have a <module>, an __init__ or a main: the end of the path tells them apart */
      const file = place ? place.split(/[\\/]/).slice(-2).join('/') : '';
      cells.push(element('div', { role: 'cell', class: 'fl-col fl-col-name' }, [
        ...(colour ? [element('span', { class: 'fl-swatch', style: `background:${colour}` })] : []),
        element('bdi', { class: 'fl-row-name', title: `${this.view.label(group)}${place ? `\n${place}` : ''}` }, [this.view.label(group)]),
        ...(file ? [element('bdi', { class: 'fl-row-place' }, [file])] : []),
        element('button', { type: 'button', class: 'fl-row-sandwich', tabindex: '-1', title: 'Callers and callees of this function (double-click)', 'aria-label': 'Sandwich' }, [icon('sandwich')])]));
      const row = element('div', {
        role: 'row', class: `fl-row${r === this.current ? ' fl-current' : ''}`, 'data-row': r, 'aria-rowindex': r + 2,
        style: `transform:translateY(${r * TABLE_ROW - offset + this.body.scrollTop}px)`,
      }, cells);
      rows.push(row);
    }
    this.root.setAttribute('aria-rowcount', String(count + 1));
    this.spacer.replaceChildren(...rows);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.body.clientHeight / TABLE_ROW) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      const to = Math.max(0, Math.min(this.groups.length - 1, Math.max(this.current, -1) + moves[event.key]));
      this.current = Number.isFinite(to) ? to : 0;
      const top = this.current * TABLE_ROW;
      if (top < this.body.scrollTop) this.body.scrollTop = top;
      else if (top + TABLE_ROW > this.body.scrollTop + this.body.clientHeight) this.body.scrollTop = top + TABLE_ROW - this.body.clientHeight;
      this.view.announce(this.groups[this.current]);
      this.draw();
    } else if (event.key === 'Enter' && this.current >= 0) {
      this.view.pick(this.groups[this.current]);
    } else if (event.key === 's' && this.current >= 0) {
      this.view.sandwich(this.groups[this.current]);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
