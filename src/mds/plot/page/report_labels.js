/* Names beside their points, as many as have room: the first ones first. */

const placeNames = (context, wanted, points, radius, width, height) => {
  const cell = 24, columns = Math.ceil(width / cell) + 1;
  const crowd = new Map(); // cell -> points and boxes in it
  const put = (thing, left, top, right, bottom) => {
    for (let r = Math.floor(top / cell); r <= Math.floor(bottom / cell); r++)
      for (let c = Math.floor(left / cell); c <= Math.floor(right / cell); c++) {
        const key = r * columns + c;
        if (crowd.has(key)) crowd.get(key).push(thing);
        else crowd.set(key, [thing]);
      }
  };
  for (const p of points) {
    const box = [p.x - radius, p.y - radius, p.x + radius, p.y + radius, p.i];
    put(box, ...box);
  }
  const free = (left, top, right, bottom, own) => {
    if (left < 3 || top < 3 || right > width - 3 || bottom > height - 3) return false;
    for (let r = Math.floor(top / cell); r <= Math.floor(bottom / cell); r++)
      for (let c = Math.floor(left / cell); c <= Math.floor(right / cell); c++)
        for (const box of crowd.get(r * columns + c) || [])
          if (box[4] !== own && box[0] < right && box[2] > left && box[1] < bottom && box[3] > top) return false;
    return true;
  };
  const placed = [];
  for (const label of wanted) {
    const w = context.measureText(label.text).width + 4, h = 15, gap = (label.radius || radius) + 3;
    const spots = [
      [label.x + gap, label.y - h / 2], [label.x - gap - w, label.y - h / 2], [label.x - w / 2, label.y - gap - h], [label.x - w / 2, label.y + gap],
      [label.x + gap * 0.7, label.y - gap * 0.7 - h], [label.x + gap * 0.7, label.y + gap * 0.7],
      [label.x - gap * 0.7 - w, label.y - gap * 0.7 - h], [label.x - gap * 0.7 - w, label.y + gap * 0.7],
    ];
    const spot = spots.find(([left, top]) => free(left, top, left + w, top + h, label.i)) || (label.forced ? spots[0] : null);
    if (!spot) continue;
    put([spot[0], spot[1], spot[0] + w, spot[1] + h, -1], spot[0], spot[1], spot[0] + w, spot[1] + h);
    placed.push({ ...label, left: spot[0] + 2, base: spot[1] + 11.5 });
  }
  return placed;
};
