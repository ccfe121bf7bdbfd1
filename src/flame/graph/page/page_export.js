/* The current view as an SVG file: what the window shows, all its levels, in the colours of the theme. */

const escapeXml = (text) =>
  text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]);

const exportSvg = (viewer) => {
  const { chart } = viewer;
  const t = THEMES[chart.theme];
  const width = Math.max(chart.width, 600);
  const margin = 10;
  const head = 52;
  const inner = width - 2 * margin;
  const span = chart.right - chart.left;
  const scale = inner / span;
  /* levels that show something */
  let top = Infinity;
  let bottom = -Infinity;
  const parts = [];
  chart.panes.forEach((pane, index) => {
    const { tree } = pane;
    const found = chart.matches && chart.matches[index];
    const matched = new Uint8Array(found ? tree.n : 0);
    if (found) for (const i of found.list) matched[i] = 1;
    for (let depth = pane.first || 0; depth < tree.levels; depth++) {
      const end = tree.rowStart[depth + 1];
      let k = firstInRow(tree, tree.rows, tree.rowStart[depth], end, chart.left);
      let any = false;
      const row = pane.originRow + pane.dir * depth;
      while (k < end) {
        const i = tree.rows[k];
        if (tree.x[i] >= chart.right) break;
        const a = Math.max((tree.x[i] - chart.left) * scale, 0);
        const b = Math.min((tree.x[i] + tree.w[i] - chart.left) * scale, inner);
        if (b - a < 0.2) {
          k = Math.max(k + 1, firstInRow(tree, tree.rows, k + 1, end, chart.left + (a + 0.2) / scale));
          continue;
        }
        any = true;
        const isMatch = found && matched[i];
        const wide = Math.max(b - a - (b - a > 3 ? 0.7 : 0), 0.2);
        const text = b - a >= LABEL_LEAST ? chart.fitter.fit(chart.look.label(pane, i), b - a - 9) : '';
        const hatched = !isMatch && b - a > 2 && chart.look.hatched(pane, i);
        const shade = found && !isMatch ? ' opacity="0.35"' : chart.look.faded(pane, i) ? ' opacity="0.55"' : '';
        parts.push({
          row,
          draw: (y) => `<g${shade}><title>${escapeXml(viewer.titleOf(pane, i))}</title><rect x="${(margin + a).toFixed(1)}" y="${y}" width="${wide.toFixed(1)}" height="${ROW - 1}" rx="${b - a > 8 ? 2 : 0}" fill="${isMatch ? t.match : chart.look.fill(pane, i)}"/>${
            hatched ? `<rect x="${(margin + a).toFixed(1)}" y="${y}" width="${wide.toFixed(1)}" height="${ROW - 1}" fill="url(#vanished)"/>` : ''}${
            text ? `<text x="${(margin + a + 5).toFixed(1)}" y="${y + 14}" fill="${isMatch ? t.matchInk : chart.look.ink(pane, i)}">${escapeXml(text)}</text>` : ''}</g>`,
        });
        k++;
      }
      if (any) {
        top = Math.min(top, row);
        bottom = Math.max(bottom, row);
      }
    }
  });
  if (!parts.length) top = bottom = 0;
  const high = head + (bottom - top + 1) * ROW + 34;
  const body = parts.map((part) => part.draw(head + (part.row - top) * ROW));
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${high}" viewBox="0 0 ${width} ${high}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" font-size="12">
<title>${escapeXml(viewer.title)}</title>
${viewer.diff ? `<defs><pattern id="vanished" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="6" fill="${t.hatch}"/></pattern></defs>\n` : ''}<rect width="100%" height="100%" fill="${t.ground}"/>
<text x="${margin}" y="24" font-size="16" font-weight="600" fill="${t.rootInk}">${escapeXml(viewer.title)}</text>
<text x="${margin}" y="42" fill="${t.rootInk}" opacity="0.75">${escapeXml(viewer.describeView())}</text>
${body.join('\n')}
<text x="${margin}" y="${high - 12}" fill="${t.rootInk}" opacity="0.75">${escapeXml(viewer.matchText || '')}</text>
</svg>
`;
};

const saveFile = (name, text, type) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = element('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element('textarea', { class: 'fl-offscreen' });
    area.value = text;
    document.body.append(area);
    area.select();
    let done = false;
    try {
      done = document.execCommand('copy');
    } catch {
      done = false;
    }
    area.remove();
    return done;
  }
};
