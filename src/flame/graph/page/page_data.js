/* The profile as it lies in the page: base64 of a zlib stream of columns (see html_writer.c, which writes
 * them) becomes typed arrays. Nodes are in preorder: a frame's callees are the numbers that follow it. */

const decodeBase64 = (text) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
};

const inflate = async (bytes) => {
  if (typeof DecompressionStream === 'undefined')
    throw new Error('This browser cannot unpack the profile. Any browser from 2023 or later can.');
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

/* Reads the columns one after another; every read stays inside the bytes. */
class ColumnReader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  need(count) {
    if (this.at + count > this.bytes.length) throw new Error('The profile in this page is cut short.');
  }

  /* Unsigned numbers of 7 bits a byte, least significant first, below 2^53. */
  varints(into) {
    const bytes = this.bytes;
    let at = this.at;
    for (let i = 0; i < into.length; i++) {
      let byte = bytes[at++];
      let value = byte & 127;
      if (byte > 127) {
        let scale = 128;
        do {
          byte = bytes[at++];
          value += (byte & 127) * scale;
          scale *= 128;
        } while (byte > 127);
      }
      into[i] = value;
    }
    this.at = at;
    this.need(0);
    return into;
  }

  raw(count) {
    this.need(count);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /* A column of counts: its first byte says whether they are whole numbers or doubles. */
  counts(length) {
    const values = new Float64Array(length);
    if (this.raw(1)[0] === 0) return this.varints(values);
    const raw = this.raw(8 * length);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    for (let i = 0; i < length; i++) values[i] = view.getFloat64(8 * i, true);
    return values;
  }
}

const KINDS = ['', 'kernel', 'inlined', 'jit', 'waker'];

/* What `meta` and the columns say. Name ids follow the byte order of the names as recorded. */
const readProfile = async (meta, base64) => {
  const reader = new ColumnReader(await inflate(decodeBase64(base64.trim())));
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(reader.raw(meta.textBytes));
  const strings = text.split('\0');
  const names = meta.names;
  const form = reader.raw(names);
  const profile = {
    meta,
    strings,
    names,
    form, /* how a recorded name is spelt from its parts: 0 function, 1 file:function:line, 2 function (file:line) */
    kind: reader.raw(names),
    colour: reader.raw(3 * names),
    func: reader.varints(new Int32Array(names)),
    file: reader.varints(new Int32Array(names)), /* 0: none, else string + 1 */
    line: reader.varints(new Int32Array(names)),
  };
  const n = meta.nodes;
  const rise = reader.varints(new Int32Array(n));
  const group = reader.varints(new Int32Array(n));
  const parent = new Int32Array(n);
  const depth = new Int32Array(n);
  parent[0] = -1;
  group[0] = -1;
  for (let i = 1; i < n; i++) {
    let up = i - 1;
    for (let k = rise[i]; k > 0 && up > 0; k--) up = parent[up];
    parent[i] = up;
    depth[i] = depth[up] + 1;
    if (group[i] >= names) throw new Error('The profile in this page is damaged: a frame has no name.');
  }
  const after = reader.counts(n);
  const before = meta.diff ? reader.counts(n) : null;
  profile.tree = { n, parent, group, depth, selfA: after, selfB: before };
  return profile;
};

/* The name as it was recorded; what search looks at. */
const recordedName = (profile, name) => {
  const func = profile.strings[profile.func[name]];
  if (profile.form[name] === 0) return func;
  const file = profile.strings[profile.file[name] - 1];
  return profile.form[name] === 1 ? `${file}:${func}:${profile.line[name]}` : `${func} (${file}:${profile.line[name]})`;
};

/* Characters that would not be seen, or would turn the text around them, made visible. */
const visibleText = (text) =>
  text.replace(/[\u0000-\u001f\u007f]/g, (c) => (c === '\u007f' ? '\u2421' : String.fromCharCode(0x2400 + c.charCodeAt(0))))
    .replace(/[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (c) => `\u27e8U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`);

/* How names are put together at will: by line (as recorded), by function, by file. Each merge maps a name to
 * a group; a group has a label for the frames, a search text, and a name that stands for it. */
const makeGrouping = (profile, by) => {
  const { names, strings } = profile;
  const of = new Int32Array(names);
  const sample = [];
  if (by === 'line') {
    for (let i = 0; i < names; i++) of[i] = i;
  } else {
    const seen = new Map();
    for (let i = 0; i < names; i++) {
      let key = i;
      const file = profile.file[i];
      if (by === 'file') key = file ? `f${file}` : moduleOf(strings[profile.func[i]]) || `n${profile.func[i]}`;
      else if (file) key = `${file}:${profile.func[i]}`;
      let id = seen.get(key);
      if (id === undefined) {
        id = sample.length;
        seen.set(key, id);
        sample.push(i);
      }
      of[i] = id;
    }
  }
  const count = by === 'line' ? names : sample.length;
  const nameOf = (group) => (by === 'line' ? group : sample[group]);
  const labels = new Array(count);
  const searchText = (group) => {
    const name = nameOf(group);
    const file = profile.file[name];
    if (by === 'line' || !file) return by === 'file' && !file ? groupModule(name) : recordedName(profile, name);
    if (by === 'file') return strings[file - 1];
    return `${strings[file - 1]}:${strings[profile.func[name]]}`;
  };
  const groupModule = (name) => moduleOf(strings[profile.func[name]]) || strings[profile.func[name]];
  const labelOf = (name) => {
    const func = strings[profile.func[name]];
    const file = profile.file[name];
    if (by === 'file') return file ? strings[file - 1] : groupModule(name);
    if (by === 'line' && file) return `${func}  ${baseName(strings[file - 1])}:${profile.line[name]}`;
    return func;
  };
  const label = (group) => {
    if (group < 0) return 'all';
    let text = labels[group];
    if (text === undefined) text = labels[group] = visibleText(labelOf(nameOf(group)));
    return text;
  };
  /* "slow.py:12", "slow.py" or "", for the second line of a tooltip. */
  const place = (group) => {
    if (group < 0 || by === 'file') return '';
    const name = nameOf(group);
    const file = profile.file[name];
    if (!file) return KINDS[profile.kind[name]] || '';
    return visibleText(strings[file - 1] + (by === 'line' ? `:${profile.line[name]}` : ''));
  };
  const identity = count === names;
  return { by, of, count, identity, nameOf, label, searchText, place };
};

const baseName = (path) => path.slice(path.lastIndexOf('/') + 1);

/* The module a native or managed name belongs to: `a::b::c` -> `a::b`, `org/x/Y.method` -> `org/x`, ... */
const moduleOf = (func) => {
  const bare = func.replace(/<.*>|\(.*\)/g, '');
  const colons = bare.lastIndexOf('::');
  if (colons > 0) return bare.slice(0, colons);
  const slash = bare.lastIndexOf('/');
  if (slash > 0) return bare.slice(0, slash);
  const tick = bare.indexOf('`');
  if (tick > 0) return bare.slice(0, tick);
  const dot = bare.lastIndexOf('.');
  return dot > 0 ? bare.slice(0, dot) : '';
};
