/* Colours of frames. The profile brings each name's colour (the one the SVG has); here its hue is kept and
 * its strength fitted to the theme, so that text on it stays readable. */

const THEMES = {
  light: {
    ink: '#231a12', quietInk: 'rgba(35,26,18,.55)', root: '#e3e5e9', rootInk: '#3c4149', ground: '#ffffff',
    same: [233, 235, 239], more: [226, 61, 58], less: [52, 120, 230], match: '#b15cff', matchInk: '#ffffff',
    faded: 0.26, map: '#f1b48a', mapPlain: '#b9bfca', mapMatch: '#a24af5', hover: '#11151c', select: '#1f5fd6', hatch: 'rgba(255,255,255,.55)',
  },
  dark: {
    ink: '#fff6ec', quietInk: 'rgba(255,246,236,.6)', root: '#363b45', rootInk: '#d7dae0', ground: '#16181d',
    same: [58, 63, 73], more: [205, 58, 58], less: [48, 104, 214], match: '#9d45f0', matchInk: '#ffffff',
    faded: 0.36, map: '#a8613a', mapPlain: '#5a616e', mapMatch: '#b36bff', hover: '#ffffff', select: '#7fb0ff', hatch: 'rgba(20,22,27,.5)',
  },
};

const toHsl = (r, g, b) => {
  const most = Math.max(r, g, b) / 255;
  const least = Math.min(r, g, b) / 255;
  const span = most - least;
  const light = (most + least) / 2;
  if (span < 1e-6) return [0, 0, light];
  let hue;
  if (most * 255 === r) hue = ((g - b) / 255 / span + 6) % 6;
  else if (most * 255 === g) hue = (b - r) / 255 / span + 2;
  else hue = (r - g) / 255 / span + 4;
  return [hue * 60, span / (1 - Math.abs(2 * light - 1)), light];
};

/* Yellow and green look brighter than red and blue of the same lightness. */
const hueBrightness = (hue) => Math.max(0, 1 - Math.abs(hue - 75) / 75);

/* The palettes of flame graphs reach from crimson to a greenish yellow; drawn softer, their ends look pink and
 * olive, so the warm hues are drawn together a little. */
const fitted = (hue, saturation, light, theme) => {
  const warm = hue > 320 ? hue - 360 : hue;
  const reach = theme === 'light' ? 41 : 32;
  const step = Math.round((warm < 66 ? 8 + (Math.max(warm, -12) + 12) * (reach / 78) : hue) / 2) * 2;
  if (saturation > 0.5) saturation = 0.8 + 0.2 * saturation;
  if (theme === 'light') {
    const l = 73 + (light - 0.5) * 20 - 4 * hueBrightness(step);
    return `hsl(${step} ${Math.round(saturation * 88)}% ${Math.round(l)}%)`;
  }
  const l = 45 + (light - 0.5) * 14 - 9 * hueBrightness(step);
  return `hsl(${step} ${Math.round(saturation * 62)}% ${Math.round(l)}%)`;
};

const hashText = (text) => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
};

/* Twenty-four calm hues for modules; grey for what belongs to none. */
const moduleColour = (module, theme) => {
  const h = hashText(module);
  const hue = (h % 24) * 15;
  if (theme === 'light') return module ? `hsl(${hue} ${58 + ((h >>> 8) % 3) * 8}% ${76 + ((h >>> 12) % 3) * 3 - 4 * hueBrightness(hue)}%)` : '#dcd8d2';
  return module ? `hsl(${hue} ${32 + ((h >>> 8) % 3) * 6}% ${38 + ((h >>> 12) % 3) * 3 - 5 * hueBrightness(hue)}%)` : '#4c4a47';
};

/* group -> CSS colour by name or by module; made when first asked for. */
const groupColours = (profile, grouping, mode, theme) => {
  const made = new Array(grouping.count);
  return (group) => {
    if (group < 0) return THEMES[theme].root;
    let colour = made[group];
    if (colour !== undefined) return colour;
    const name = grouping.nameOf(group);
    if (mode === 'module') {
      const func = profile.strings[profile.func[name]];
      const module = profile.file[name] ? profile.strings[profile.file[name] - 1] : moduleOf(func);
      colour = moduleColour(module, theme);
    } else {
      const c = 3 * name;
      const [hue, saturation, light] = toHsl(profile.colour[c], profile.colour[c + 1], profile.colour[c + 2]);
      colour = fitted(hue, saturation, light, theme);
    }
    made[group] = colour;
    return colour;
  };
};

/* delta in -1..1 -> blue, grey, red. */
const changeColour = (delta, theme) => {
  const t = THEMES[theme];
  const strength = Math.sqrt(Math.min(1, Math.abs(delta)));
  const step = Math.round(strength * 32) / 32;
  const to = delta > 0 ? t.more : t.less;
  const mix = t.same.map((c, i) => Math.round(c + (to[i] - c) * step));
  return `rgb(${mix[0]},${mix[1]},${mix[2]})`;
};

/* Whether text on an rgb() change colour should be light. */
const changeInk = (delta, theme) =>
  theme === 'light' && Math.sqrt(Math.min(1, Math.abs(delta))) > 0.72 ? '#ffffff' : THEMES[theme].ink;
