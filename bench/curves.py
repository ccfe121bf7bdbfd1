"""A chart of curves on logarithmic axes, as one SVG file: what stress remains after what time, or another pair."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 900, 430
LEFT, RIGHT, TOP, BOTTOM = 78, 230, 46, 52
COLOURS = ["#d9480f", "#1971c2", "#2f9e44", "#9c36b5", "#e8a300", "#0c8599", "#868e96", "#5c4030", "#c2255c"]


def power(value):
    exponent = str(value).replace("-", "−")
    return f"10<tspan dy='-5' font-size='9'>{exponent}</tspan>" if value else "1"


def seconds(value):
    for scale, unit in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= scale * 0.999:
            return f"{value / scale:.0f} {unit}"
    return f"{value:g} s"


def draw(title, y_title, curves, x_title="seconds, one core"):
    """`curves` is a list of (name, [(x, y), ...], peer); x and y are positive, a peer's line is dashed. Where x is not
    seconds it is a count."""
    label = seconds if x_title.startswith("seconds") else "{:,.0f}".format
    xs = [x for _, points, _ in curves for x, _ in points]
    ys = [y for _, points, _ in curves for _, y in points]
    x0, x1 = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    y0, y1 = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(x, y):
        return (LEFT + (math.log10(x) - x0) / (x1 - x0) * (right - LEFT),
                bottom - (math.log10(y) - y0) / (y1 - y0) * (bottom - TOP))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
           f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>',
           f'<text x="{LEFT}" y="26" font-size="15">{escape(title)}</text>']
    for decade in range(x0, x1 + 1):
        x, _ = place(10.0 ** decade, 10.0 ** y0)
        out.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#e3e3e3"/>'
                   f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{label(10.0 ** decade)}</text>')
    for decade in range(y0, y1 + 1):
        _, y = place(10.0 ** x0, 10.0 ** decade)
        out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#e3e3e3"/>'
                   f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{power(decade)}</text>')
    out.append(f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x_title)}</text>'
               f'<text transform="translate(18 {(TOP + bottom) / 2:.0f}) rotate(-90)" text-anchor="middle">'
               f'{escape(y_title)}</text>')
    for number, (name, points, peer) in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        dash = ' stroke-dasharray="5 4"' if peer else ""
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        for point in points if peer else points[-1:]:
            x, y = place(*point)
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
        y = TOP + 14 + 20 * number
        out.append(f'<line x1="{right + 14}" y1="{y - 4}" x2="{right + 38}" y2="{y - 4}" stroke="{colour}" '
                   f'stroke-width="2.4"{dash}/><text x="{right + 46}" y="{y}">{escape(name)}</text>')
    out.append("</svg>\n")
    return "\n".join(out)
