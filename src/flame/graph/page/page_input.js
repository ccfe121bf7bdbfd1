/* Mouse, touch and keys. */

const attachInput = (v) => {
  attachPointer(v);
  attachMap(v);
  attachKeys(v);
  v.searchBox.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      clearTimeout(v.searchTimer);
      v.setSearch(v.searchBox.value);
      v.stepMatch(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
      v.searchBox.value = '';
      v.setSearch('');
      v.canvas.focus();
    } else if (event.ctrlKey && event.key.toLowerCase() === 'i') {
      v.setSearch(v.searchBox.value, !v.state.caseOn);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  v.darkQuery.addEventListener('change', () => v.applyTheme());
  new MutationObserver(() => v.applyTheme()).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  window.addEventListener('hashchange', () => {
    const link = readLink(v.place.prefix);
    v.readState(link);
    v.zoomed = null;
    v.searchBox.value = v.state.search;
    v.rebuild();
    v.chart.scrollHome();
    v.applySearch(false);
    v.restoreZoom(link);
    v.refresh();
  });
  document.addEventListener('pointerdown', (event) => {
    if (!v.settings.hidden && !v.settings.contains(event.target) && !v.settingsButton.contains(event.target)) toggleSettings(v, false);
  });
  /* paper: the view as a drawing, in the light theme; the style sheet shows nothing else */
  window.addEventListener('beforeprint', () => {
    const { theme } = v.chart;
    v.chart.theme = 'light';
    const drawing = new DOMParser().parseFromString(exportSvg(v), 'image/svg+xml');
    v.chart.theme = theme;
    v.paper.replaceChildren(document.importNode(drawing.documentElement, true));
  });
  window.addEventListener('afterprint', () => v.paper.replaceChildren());
};

const attachPointer = (v) => {
  const { canvas } = v;
  const touching = new Map();
  let drag = null;
  let pinch = null;
  const local = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const hover = (where) => {
    const { chart } = v;
    if ((chart.hover && where && chart.hover.node === where.node && chart.hover.pane === where.pane) || (!chart.hover && !where)) return;
    chart.hover = where;
    chart.paintOverlay();
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    touching.set(event.pointerId, local(event));
    if (touching.size === 2) {
      const [a, b] = [...touching.values()];
      pinch = { wide: Math.max(20, Math.abs(a[0] - b[0])), at: v.chart.toShare((a[0] + b[0]) / 2), span: v.chart.right - v.chart.left };
      drag = null;
      return;
    }
    const [x, y] = local(event);
    drag = { x, y, left: v.chart.left, right: v.chart.right, scroll: v.chart.scroll, moved: false };
  });
  canvas.addEventListener('pointermove', (event) => {
    const [x, y] = local(event);
    if (touching.has(event.pointerId)) touching.set(event.pointerId, [x, y]);
    if (pinch && touching.size === 2) {
      const [a, b] = [...touching.values()];
      const wide = Math.max(20, Math.abs(a[0] - b[0]));
      const mid = (a[0] + b[0]) / 2;
      const span = Math.min(1, Math.max((pinch.span * pinch.wide) / wide, 1e-10));
      const left = pinch.at - (mid / v.chart.width) * span;
      v.windowTo(left, left + span);
      return;
    }
    if (drag) {
      if (!drag.moved && Math.hypot(x - drag.x, y - drag.y) < 5) return;
      if (!drag.moved) {
        drag.moved = true;
        canvas.classList.add('fl-dragging');
        v.showTip(null);
        hover(null);
      }
      const shift = ((drag.x - x) / v.chart.width) * (drag.right - drag.left);
      v.chart.scroll = drag.scroll + drag.y - y;
      v.chart.clampScroll();
      if (drag.right - drag.left < 1) v.windowTo(drag.left + shift, drag.right + shift);
      else v.chart.draw();
      return;
    }
    if (event.pointerType === 'touch') return;
    const where = v.chart.hit(x, y);
    hover(where);
    canvas.style.cursor = where ? 'pointer' : 'default';
    v.showTip(where, event.clientX, event.clientY);
  });
  const release = (event) => {
    touching.delete(event.pointerId);
    if (pinch) {
      if (touching.size < 2) pinch = null;
      drag = null;
      return;
    }
    canvas.classList.remove('fl-dragging');
    const was = drag;
    drag = null;
    if (!was || was.moved || event.type === 'pointercancel') return;
    const [x, y] = local(event);
    const where = v.chart.hit(x, y);
    if (!where) return;
    /* a click on the zoomed frame, or on the root, goes back to everything */
    if (where.node === 0) v.zoomTo(null);
    else if (v.zoomed && v.zoomed.pane === where.pane && v.zoomed.node === where.node) v.zoomTo(null);
    else v.zoomTo(where);
    v.chart.select = where;
    v.updateFoot();
    hover(null);
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('pointerleave', () => {
    hover(null);
    v.showTip(null);
  });
  canvas.addEventListener('wheel', (event) => {
    const { chart } = v;
    /* in a longer page the wheel scrolls the page; zooming takes Ctrl, or a pinch on the touchpad */
    if (v.place.embedded && !event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    v.showTip(null);
    const unit = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? chart.height : 1;
    if (event.shiftKey) {
      chart.scroll += (event.deltaY || event.deltaX) * unit;
      chart.clampScroll();
      chart.draw();
      return;
    }
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const shift = ((event.deltaX * unit) / chart.width) * (chart.right - chart.left);
      v.windowTo(chart.left + shift, chart.right + shift);
      return;
    }
    const strength = event.ctrlKey ? 0.01 : 0.0018;
    const [x] = local(event);
    v.zoomAround(chart.toShare(x), Math.exp(Math.max(-1, Math.min(1, event.deltaY * unit * strength))));
  }, { passive: false });
};

/* The overview: drag outside the window chooses a range, inside it moves it, at its edges changes it. */
const attachMap = (v) => {
  const host = v.mapHost;
  let drag = null;
  const shareAt = (event) => {
    const box = host.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const partAt = (event) => {
    const { chart } = v;
    const box = host.getBoundingClientRect();
    const grip = 6 / box.width;
    const at = shareAt(event);
    if (chart.right - chart.left > 0.9999) return 'new';
    if (Math.abs(at - chart.left) < grip) return 'left';
    if (Math.abs(at - chart.right) < grip) return 'right';
    return at > chart.left && at < chart.right ? 'move' : 'new';
  };
  host.addEventListener('pointerdown', (event) => {
    host.setPointerCapture(event.pointerId);
    drag = { part: partAt(event), at: shareAt(event), left: v.chart.left, right: v.chart.right, moved: false };
  });
  host.addEventListener('pointermove', (event) => {
    if (!drag) {
      const part = partAt(event);
      host.style.cursor = { left: 'ew-resize', right: 'ew-resize', move: 'grab', new: 'crosshair' }[part];
      return;
    }
    const at = shareAt(event);
    if (Math.abs(at - drag.at) > 0.003) drag.moved = true;
    if (!drag.moved) return;
    if (drag.part === 'move') v.windowTo(drag.left + at - drag.at, drag.right + at - drag.at);
    else if (drag.part === 'left') v.windowTo(Math.min(at, drag.right - 1e-6), drag.right);
    else if (drag.part === 'right') v.windowTo(drag.left, Math.max(at, drag.left + 1e-6));
    else v.windowTo(Math.min(at, drag.at), Math.max(at, drag.at));
  });
  host.addEventListener('pointerup', (event) => {
    if (drag && !drag.moved && drag.part === 'new') {
      const half = (v.chart.right - v.chart.left) / 2;
      if (half < 0.49) v.windowTo(shareAt(event) - half, shareAt(event) + half);
    }
    drag = null;
  });
  host.addEventListener('dblclick', () => v.resetZoom());
  host.addEventListener('keydown', (event) => {
    const { chart } = v;
    const step = (chart.right - chart.left) / 8;
    if (event.key === 'ArrowLeft') v.windowTo(chart.left - step, chart.right - step);
    else if (event.key === 'ArrowRight') v.windowTo(chart.left + step, chart.right + step);
    else if (event.key === 'ArrowUp') v.zoomAround((chart.left + chart.right) / 2, 0.8);
    else if (event.key === 'ArrowDown') v.zoomAround((chart.left + chart.right) / 2, 1.25);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
};

/* The frame next to the selected one: 'out' to its caller side, 'in' to its callees, or along the row. */
const neighbour = (v, where, direction) => {
  const { pane, node } = where;
  const { tree } = pane;
  if (direction === 'out') {
    const up = tree.parent[node];
    if (up < 0) return null;
    if (pane.first && up === 0) return { pane: v.chart.panes[0], node: 0 };
    return { pane, node: up };
  }
  if (direction === 'in') {
    let best = -1;
    for (let c = node + 1; c < tree.end[node]; c = tree.end[c]) if (best < 0 || tree.w[c] > tree.w[best]) best = c;
    return best < 0 ? null : { pane, node: best };
  }
  const depth = tree.depth[node];
  const from = tree.rowStart[depth];
  const to = tree.rowStart[depth + 1];
  let low = from;
  let high = to;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (tree.rows[mid] < node) low = mid + 1;
    else high = mid;
  }
  const k = low + (direction === 'right' ? 1 : -1);
  return k >= from && k < to ? { pane, node: tree.rows[k] } : null;
};

const moveSelection = (v, key) => {
  const { chart } = v;
  if (!chart.select) {
    v.reveal(v.zoomed || { pane: chart.panes[0], node: 0 });
    return;
  }
  const { pane } = chart.select;
  let to;
  if (key === 'ArrowLeft') to = neighbour(v, chart.select, 'left');
  else if (key === 'ArrowRight') to = neighbour(v, chart.select, 'right');
  else {
    const away = (key === 'ArrowDown') === (pane.dir > 0);
    to = neighbour(v, chart.select, away ? 'in' : 'out');
    /* from the middle of a sandwich the other half is reached the other way */
    if (!to && !away && chart.panes.length > 1 && chart.select.node === 0)
      to = neighbour(v, { pane: chart.panes[1 - chart.panes.indexOf(pane)], node: 0 }, 'in');
  }
  if (to) v.reveal(to);
};

const attachKeys = (v) => {
  const cycle = (key, values) => v.set(key, values[(values.indexOf(v.state[key]) + 1) % values.length]);
  const valuesOf = (key) => [...v.settingChoices.get(key).options].map((option) => option.value);
  const middle = () => {
    const { chart } = v;
    if (chart.select) {
      const box = chart.box(chart.select);
      const at = Math.max(0, box.left) + Math.min(box.left + box.wide, chart.width);
      if (at > 0 && at / 2 < chart.width) return chart.toShare(at / 2);
    }
    return (chart.left + chart.right) / 2;
  };
  const keys = {
    '/': () => {
      v.searchBox.focus();
      v.searchBox.select();
    },
    n: () => v.stepMatch(1),
    N: () => v.stepMatch(-1),
    o: () => v.setOnly(!v.state.only),
    f: () => v.setView('flame'),
    c: () => v.setView('callers'),
    s: () => v.setView('sandwich'),
    t: () => v.set('table', !v.state.table),
    m: () => {
      cycle('merge', valuesOf('merge'));
      toast(v, `Merged by ${v.settingChoices.get('merge').selectedOptions[0].textContent.toLowerCase()}`);
    },
    k: () => {
      cycle('colour', valuesOf('colour'));
      toast(v, `Coloured by ${v.settingChoices.get('colour').selectedOptions[0].textContent.toLowerCase()}`);
    },
    i: () => v.set('flip', !v.state.flip),
    x: () => v.chart.select && v.hide(v.chart.select.pane.tree.group[v.chart.select.node]),
    l: () => copyLink(v),
    e: () => saveView(v),
    d: () => v.toggleTheme(),
    '?': () => openHelp(v),
    0: () => v.resetZoom(),
    '+': () => v.zoomAround(middle(), 0.6),
    '=': () => v.zoomAround(middle(), 0.6),
    '-': () => v.zoomAround(middle(), 1 / 0.6),
    Enter: () => v.chart.select && v.zoomTo(v.chart.select.node ? v.chart.select : null),
    ' ': () => v.chart.select && v.zoomTo(v.chart.select.node ? v.chart.select : null),
    Backspace: () => {
      if (!v.zoomed) v.resetZoom();
      else {
        const up = v.zoomed.pane.tree.parent[v.zoomed.node];
        v.zoomTo(up > 0 ? { pane: v.zoomed.pane, node: up } : null);
      }
    },
    Home: () => {
      v.chart.scrollHome();
      v.reveal({ pane: v.chart.panes[0], node: 0 });
    },
    PageUp: () => {
      v.chart.scroll -= v.chart.height * 0.8;
      v.chart.clampScroll();
      v.chart.draw();
    },
    PageDown: () => {
      v.chart.scroll += v.chart.height * 0.8;
      v.chart.clampScroll();
      v.chart.draw();
    },
    Escape: () => {
      if (!v.settings.hidden) {
        toggleSettings(v, false);
        v.settingsButton.focus();
      } else if (v.mark >= 0) v.clearMark();
      else if (v.state.search) {
        v.searchBox.value = '';
        v.setSearch('');
      } else v.resetZoom();
    },
  };
  const onKey = (event) => {
    if (v.help.open || event.defaultPrevented || event.altKey || event.metaKey) return;
    const inField = event.target.closest && event.target.closest('input, select, textarea');
    if (event.ctrlKey) {
      if (event.key.toLowerCase() === 'f' && !v.place.embedded && !inField) keys['/']();
      else if (event.key.toLowerCase() === 'i') v.setSearch(v.state.search, !v.state.caseOn);
      else return;
      event.preventDefault();
      return;
    }
    if (inField && event.key !== 'Escape') return;
    const onButton = event.target.closest && event.target.closest('button, a');
    if (onButton && (event.key === 'Enter' || event.key === ' ')) return;
    if (event.key.startsWith('Arrow')) {
      if (event.shiftKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
        const step = ((v.chart.right - v.chart.left) / 8) * (event.key === 'ArrowLeft' ? -1 : 1);
        v.windowTo(v.chart.left + step, v.chart.right + step);
      } else moveSelection(v, event.key);
      event.preventDefault();
      return;
    }
    const run = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!run) return;
    v.showTip(null);
    run();
    event.preventDefault();
  };
  (v.place.embedded ? v.root : document).addEventListener('keydown', onKey);
};
