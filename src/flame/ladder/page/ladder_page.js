/* The ladder's page: sort the table, choose light or dark, open the source at a hot line. */
(() => {
  'use strict';
  const root = document.documentElement;
  const remembered = 'flamescale-theme'; // shared with the flame graphs
  try {
    const kept = localStorage.getItem(remembered);
    if (kept) root.dataset.theme = kept;
  } catch { /* no storage: the system's choice */ }

  const dark = () => root.dataset.theme === 'dark' || (!root.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);

  const sortBy = (table, column, direction) => {
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains('job'));
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      rows.sort((a, b) => {
        const x = value(a), y = value(b);
        if (x === '' || y === '') return (x === '') - (y === ''); // what was not measured stays below
        const order = Number.isNaN(+x) || Number.isNaN(+y) ? String(x).localeCompare(String(y)) : x - y;
        return direction * order;
      });
      body.append(...rows);
    }
  };

  const openSource = (id) => {
    const row = document.getElementById(id);
    if (!row) return;
    const box = row.closest('details');
    if (box) box.open = true;
    document.querySelectorAll('.source tr.here').forEach((other) => other.classList.remove('here'));
    row.classList.add('here');
    row.scrollIntoView({ block: 'center' });
  };

  document.addEventListener('DOMContentLoaded', () => {
    const theme = document.querySelector('.theme');
    const show = () => {
      theme.textContent = dark() ? '☀' : '☾';
      theme.setAttribute('aria-label', dark() ? 'Light colours' : 'Dark colours');
    };
    theme.addEventListener('click', () => {
      root.dataset.theme = dark() ? 'light' : 'dark';
      try { localStorage.setItem(remembered, root.dataset.theme); } catch { /* kept for this visit only */ }
    });
    new MutationObserver(show).observe(root, { attributes: true, attributeFilter: ['data-theme'] });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
    show();

    for (const table of document.querySelectorAll('table.figures')) {
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => {
        head.querySelector('button')?.addEventListener('click', () => {
          const ascending = head.getAttribute('aria-sort') === 'ascending';
          heads.forEach((other) => other.removeAttribute('aria-sort'));
          head.setAttribute('aria-sort', ascending ? 'descending' : 'ascending');
          sortBy(table, column, ascending ? -1 : 1);
        });
      });
    }

    document.addEventListener('click', (event) => {
      const link = event.target.closest('a.line');
      if (!link) return;
      event.preventDefault();
      openSource(link.getAttribute('href').slice(1));
    });
    const opened = new Set();
    addEventListener('beforeprint', () => document.querySelectorAll('details:not([open])').forEach((box) => { box.open = true; opened.add(box); }));
    addEventListener('afterprint', () => { opened.forEach((box) => { box.open = false; }); opened.clear(); });
  });
})();
