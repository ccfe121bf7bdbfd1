"""The HTML page as the tests handle it: real clicks and keys; what is drawn on the canvas is asked from the
viewer."""

import time

TREE = """(index) => {
  const viewer = FlameGraph.viewers[0];
  const pane = viewer.chart.panes[index];
  const tree = pane.tree;
  const made = [];
  const paths = [];
  for (let i = 0; i < tree.n; i++) {
    const path = i ? paths[tree.parent[i]].concat([viewer.grouping.label(tree.group[i])]) : [];
    paths.push(path);
    made.push([path, tree.x[i], tree.w[i], tree.totalA[i], tree.selfA[i], tree.totalB ? tree.totalB[i] : 0]);
  }
  return made;
}"""

BOX = """([path, index]) => {
  const viewer = FlameGraph.viewers[0];
  const pane = viewer.chart.panes[index];
  const tree = pane.tree;
  let node = 0;
  for (const name of path) {
    let child = node + 1;
    while (child < tree.end[node] && viewer.grouping.label(tree.group[child]) !== name) child = tree.end[child];
    if (child >= tree.end[node]) return null;
    node = child;
  }
  const box = viewer.chart.box({pane, node});
  const at = viewer.canvas.getBoundingClientRect();
  const left = Math.max(0, box.left), right = Math.min(at.width, box.left + box.wide);
  return {left: at.left + left, width: right - left, top: at.top + box.top, height: box.high};
}"""


def wait_until(page, expression, argument=None, seconds=20):
    """Until the expression is true. (playwright's own waiting evaluates text in the page, which its policy
    forbids.)"""
    end = time.monotonic() + seconds
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, f"not within {seconds} s: {expression}"
        page.wait_for_timeout(20)


class FlamePage:
    def __init__(self, page, wait=True):
        self.page = page
        if wait:
            page.wait_for_selector(".flamescale[data-state=ready]")

    def tree(self, pane=0):
        """{path of labels: (x, width, total after, self after, total before)}; x and width are shares."""
        return {tuple(path): tuple(rest) for path, *rest in self.page.evaluate(TREE, pane)}

    def box(self, *path, pane=0):
        box = self.page.evaluate(BOX, [list(path), pane])
        assert box, f"no frame {path}"
        return box

    def point(self, *path, pane=0):
        box = self.box(*path, pane=pane)
        return box["left"] + box["width"] / 2, box["top"] + box["height"] / 2

    def click(self, *path, pane=0):
        self.page.mouse.click(*self.point(*path, pane=pane))

    def hover(self, *path, pane=0):
        self.page.mouse.move(*self.point(*path, pane=pane))

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def search(self, text):
        self.page.fill(".fl-search-box", text)
        # typing is acted upon after a moment
        wait_until(self.page, "(text) => FlameGraph.viewers[0].state.search === text", text)

    def setting(self, label, value):
        self.page.get_by_role("button", name="Merge, colour and order").click()
        self.page.get_by_label(label, exact=True).select_option(value)
        self.page.keyboard.press("Escape")

    def text(self, selector):
        return self.page.inner_text(selector)

    def crumbs(self):
        return self.page.locator(".fl-crumb").all_inner_texts()

    def matched(self):
        """The share that the page says matched, in percent."""
        return float(self.text(".fl-match strong").split("%")[0])

    def window(self):
        return self.page.evaluate("[FlameGraph.viewers[0].chart.left, FlameGraph.viewers[0].chart.right]")

    def rows(self):
        """The table as it is drawn: a list of lists of cell texts, the function's name last."""
        return self.page.eval_on_selector_all(
            ".fl-row",
            "rows => rows.map(r => [...r.querySelectorAll('.fl-col-number')].map(c => c.textContent)"
            ".concat([r.querySelector('.fl-row-name').textContent]))",
        )

    def link(self):
        """The address once it says the view (it follows after a moment)."""
        self.page.wait_for_timeout(250)
        return self.page.evaluate("location.hash")
