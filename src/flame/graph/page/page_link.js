/* The view in the address: what follows '#' says zoom, search, merge and so on, so that a copied address shows
 * someone else the same view of the same file. With several graphs in a page each key begins with the id of
 * its graph. Names are said by their number in the profile; a frame by its number in the view together with
 * its name, so that a link to another version of the file is noticed and leaves the zoom alone. */

const LINK_DEFAULTS = {
  view: 'flame', merge: '', order: '', colour: '', width: 'both', change: 'count', of: '', flip: '', search: '', case: '', only: '', hide: '', f: '', z: '', w: '', table: '',
};

const readLink = (prefix) => {
  const said = { ...LINK_DEFAULTS };
  for (const part of location.hash.slice(1).split('&')) {
    const at = part.indexOf('=');
    if (at < 0) continue;
    let key = part.slice(0, at);
    if (!key.startsWith(prefix)) continue;
    key = key.slice(prefix.length);
    if (!Object.hasOwn(said, key)) continue;
    try {
      said[key] = decodeURIComponent(part.slice(at + 1));
    } catch {
      /* a broken escape says nothing */
    }
  }
  return said;
};

const writeLink = (prefix, said) => {
  const kept = prefix
    ? location.hash.slice(1).split('&').filter((part) => part && !part.startsWith(prefix))
    : [];
  for (const [key, value] of Object.entries(said))
    if (value !== '' && value !== LINK_DEFAULTS[key]) kept.push(`${prefix}${key}=${encodeURIComponent(value).replace(/%2C/g, ',')}`);
  const hash = kept.length ? `#${kept.join('&')}` : '';
  if (hash === location.hash) return;
  try {
    history.replaceState(null, '', hash || location.pathname + location.search);
  } catch {
    location.replace(hash || '#');
  }
};
