/*
 * svg_page.js - what makes the SVG interactive: zoom, search, hover, permalink.
 *
 * The picture is complete without it (tooltips are <title> elements); this script only moves what is there.
 * Nothing is fetched, nothing is built from markup: names are read and written as text content.
 *
 * Elements it finds by id (stable; tests and other tools may rely on them):
 *   #frames        the frames: one <g> (or <a>, for a link) a frame, children <title>, <rect>, maybe <text>
 *   #gone          the vanished frames of a difference, the same way; may be absent
 *   #details       the line that names the frame under the pointer
 *   #matched       "Matched: 12.34%" while a search is on
 *   #unzoom        "Reset Zoom", shown while zoomed
 *   #search        "Search" / "Reset Search"
 *   #ignorecase    "ic", the case toggle; has class "show" while case is ignored
 *   #search-input  the field, made when a search begins
 * Classes it sets: "hide" (not in view), "parent" (an ancestor of the zoomed frame), "match" (found). A frame
 * is also marked with data-match="1", so that a script need not know the colour.
 *
 * Data it reads: on <svg> data-name-type, data-count-name, data-search-colour, data-char (width of a character,
 * px), data-left, data-room (px from the left, px for the whole width), data-frame-height; on a panel
 * data-scale (px a sample) and data-total (samples); on a frame data-s and data-e (first and last sample), and
 * data-n (the name) where the tooltip does not begin with it. Frames come by level, each level from left to
 * right.
 *
 * The address carries the view: #z=LEVEL_START_END (zoom), g=... (zoom among the vanished), s=REGEX (search),
 * i=1 (case ignored). The same keys are understood after a "?".
 *
 * Keys: Ctrl-F or F3 search, Ctrl-I case, Enter keeps the search and leaves the field, Escape ends the search,
 * and then the zoom.
 */
(function () {
    "use strict";
    const script = document.currentScript;
    const svg = (script && script.ownerSVGElement) || document.documentElement;
    const standalone = svg === document.documentElement;
    const SVG = "http://www.w3.org/2000/svg";
    const find = (id) => svg.querySelector("#" + id);
    const setting = (key) => svg.getAttribute("data-" + key) || "";
    const left = Number(setting("left"));
    const room = Number(setting("room"));
    const charWidth = Number(setting("char"));
    const searchColour = setting("search-colour");
    const details = find("details");
    const matched = find("matched");
    const unzoomButton = find("unzoom");
    const searchButton = find("search");
    const caseButton = find("ignorecase");

    /* ---- text that fits: the same rule as the program's ---- */

    function cells(point) {
        if (point < 0x300) return 1;
        if (point <= 0x36f || (point >= 0x200b && point <= 0x200f) || (point >= 0xfe00 && point <= 0xfe0f) ||
            (point >= 0x1ab0 && point <= 0x1aff) || (point >= 0x20d0 && point <= 0x20ff)) return 0;
        if ((point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf && point !== 0x303f) ||
            (point >= 0xa960 && point <= 0xa97f) || (point >= 0xac00 && point <= 0xd7a3) ||
            (point >= 0xf900 && point <= 0xfaff) || (point >= 0xfe30 && point <= 0xfe6f) ||
            (point >= 0xff00 && point <= 0xff60) || (point >= 0xffe0 && point <= 0xffe6) ||
            (point >= 0x1f300 && point <= 0x1f64f) || (point >= 0x1f900 && point <= 0x1f9ff) ||
            (point >= 0x20000 && point <= 0x3fffd)) return 2;
        return 1;
    }

    function cut(name, width) {
        const most = Math.floor(width / charWidth);
        let used = 0;
        let kept = 0; /* UTF-16 units that fit beside the dots */
        let at = 0;
        if (most < 3) return "";
        for (const character of name) {
            used += cells(character.codePointAt(0));
            at += character.length;
            if (used <= most - 2) kept = at;
            if (used > most) return name.slice(0, kept) + "..";
        }
        return name;
    }

    /* ---- frames ---- */

    /* The tooltip is "name (1,234 samples, 5.67%)"; the name itself may hold anything. */
    function nameOf(element, info) {
        const given = element.getAttribute("data-n");
        if (given !== null) return given;
        const count = info.lastIndexOf(" " + setting("count-name") + ", ");
        const open = count < 0 ? -1 : info.lastIndexOf(" (", count);
        return open < 0 ? info : info.slice(0, open);
    }

    function readPanel(id) {
        const element = find(id);
        if (!element) return null;
        const panel = {
            id: id, element: element, frames: [], zoomed: null,
            scale: Number(element.getAttribute("data-scale")),
            total: Number(element.getAttribute("data-total"))
        };
        const height = Number(setting("frame-height"));
        let first = null;
        for (const group of element.children) {
            const rect = group.querySelector("rect");
            if (!rect) continue;
            const y = Number(rect.getAttribute("y"));
            if (first === null) first = y;
            const title = group.querySelector("title");
            const info = title ? title.textContent : "";
            panel.frames.push({
                group: group, rect: rect, text: group.querySelector("text"), info: info,
                name: nameOf(group, info), fill: rect.getAttribute("fill"),
                start: Number(group.getAttribute("data-s")), end: Number(group.getAttribute("data-e")),
                level: Math.round(Math.abs(y - first) / height), up: null, seen: true, found: false
            });
        }
        /* The caller is the last frame of the level below that does not start after the frame. */
        let below = 0;
        panel.frames.forEach(function (frame, i) {
            if (frame.level === 0) return;
            while (below + 1 < i && (panel.frames[below].level < frame.level - 1 ||
                   (panel.frames[below + 1].level === frame.level - 1 &&
                    panel.frames[below + 1].start <= frame.start))) below++;
            frame.up = panel.frames[below];
        });
        return panel;
    }

    function dark(fill) {
        const parts = (fill.match(/\d+/g) || []).map(Number);
        return 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 60;
    }

    function place(frame, x, width) {
        frame.rect.setAttribute("x", x.toFixed(1));
        frame.rect.setAttribute("width", Math.max(0, width).toFixed(1));
        const label = cut(frame.name, width);
        if (!frame.text) {
            if (!label) return;
            frame.text = document.createElementNS(SVG, "text");
            const y = Number(frame.rect.getAttribute("y")) + Number(frame.rect.getAttribute("height")) / 2 + 3;
            frame.text.setAttribute("y", String(y));
            if (dark(frame.fill)) frame.text.setAttribute("fill", "white");
            frame.group.appendChild(frame.text);
        }
        frame.text.setAttribute("x", (x + 3).toFixed(2));
        frame.text.textContent = label;
    }

    const panels = ["frames", "gone"].map(readPanel).filter(Boolean);
    const main = panels[0];

    /* ---- zoom ---- */

    function callersOf(frame) {
        const callers = new Set();
        for (let up = frame && frame.up; up; up = up.up) callers.add(up);
        return callers;
    }

    function zoom(panel, target) {
        if (target && target.level === 0 && target.end - target.start >= panel.total) target = null;
        const callers = callersOf(target);
        const start = target ? target.start : 0;
        const scale = target ? room / (target.end - target.start) : panel.scale;
        panel.zoomed = target;
        for (const frame of panel.frames) {
            const caller = callers.has(frame);
            /* In view: the target, what is called from it (its caller was seen just before), its callers. */
            frame.seen = !target || caller || frame === target ||
                         (frame.level > target.level && frame.up !== null && frame.up.seen);
            frame.group.classList.toggle("hide", !frame.seen);
            frame.group.classList.toggle("parent", caller);
            if (caller) place(frame, left, room);
            else if (frame.seen) place(frame, left + (frame.start - start) * scale, (frame.end - frame.start) * scale);
        }
        unzoomButton.classList.toggle("hide", !panels.some((p) => p.zoomed));
        showMatched();
    }

    function unzoom() {
        for (const panel of panels) if (panel.zoomed) zoom(panel, null);
    }

    /* ---- search ---- */

    let term = "";
    let ignoreCase = false;
    let mistake = "";
    let field = null; /* the <foreignObject> while it is open */

    /* Samples in view whose stack has a match. A match above another one speaks for both. */
    function matchedShare() {
        const target = main.zoomed;
        const start = target ? target.start : 0;
        const end = target ? target.end : main.total;
        const covered = new Set();
        let sum = 0;
        for (const frame of main.frames) {
            if (!frame.seen) continue;
            const above = frame.up !== null && covered.has(frame.up);
            if (above || frame.found) covered.add(frame);
            if (frame.found && !above)
                sum += Math.max(0, Math.min(frame.end, end) - Math.max(frame.start, start));
        }
        return end > start ? sum / (end - start) : 0;
    }

    function showMatched() {
        matched.classList.toggle("hide", !term);
        if (!term) return;
        if (mistake) matched.textContent = mistake;
        else matched.textContent = "Matched: " + (100 * matchedShare()).toFixed(2) + "%" +
                                   (main.zoomed ? " of this view" : "");
    }

    function search(wanted) {
        let pattern = null;
        term = wanted;
        mistake = "";
        try {
            if (term) pattern = new RegExp(term, ignoreCase ? "i" : "");
        } catch (error) {
            mistake = "Not a regular expression";
        }
        for (const panel of panels) {
            for (const frame of panel.frames) {
                const found = pattern !== null && pattern.test(frame.name);
                if (found === frame.found) continue;
                frame.found = found;
                frame.rect.setAttribute("fill", found ? searchColour : frame.fill);
                frame.group.classList.toggle("match", found);
                if (found) frame.group.setAttribute("data-match", "1");
                else frame.group.removeAttribute("data-match");
            }
        }
        searchButton.textContent = term ? "Reset Search" : "Search";
        searchButton.classList.toggle("show", term !== "");
        showMatched();
    }

    function setCase(ignore) {
        ignoreCase = ignore;
        caseButton.classList.toggle("show", ignore);
        search(term);
    }

    function closeField() {
        if (!field) return;
        const closing = field;
        field = null; /* first: removing it makes it lose the focus, which comes back here */
        closing.remove();
        remember();
    }

    function openField() {
        if (field) return field.firstChild.focus();
        const wide = 220;
        field = document.createElementNS(SVG, "foreignObject");
        field.setAttribute("x", String(Math.max(left, left + room - wide)));
        field.setAttribute("y", "4");
        field.setAttribute("width", String(wide));
        field.setAttribute("height", "28");
        const input = document.createElementNS("http://www.w3.org/1999/xhtml", "input");
        input.id = "search-input";
        input.type = "search";
        input.placeholder = "regular expression";
        input.setAttribute("aria-label", "Search by regular expression");
        input.style.cssText = "width:100%;box-sizing:border-box;font:13px sans-serif";
        input.value = term;
        input.addEventListener("input", () => search(input.value));
        input.addEventListener("blur", closeField);
        field.appendChild(input);
        svg.appendChild(field);
        input.focus();
        input.select();
    }

    /* ---- the address ---- */

    const spell = (frame) => [frame.level, frame.start, frame.end].join("_");

    function remember() {
        if (!standalone) return;
        const view = new URLSearchParams();
        if (main.zoomed) view.set("z", spell(main.zoomed));
        if (panels[1] && panels[1].zoomed) view.set("g", spell(panels[1].zoomed));
        if (term) view.set("s", term);
        if (ignoreCase) view.set("i", "1");
        const wanted = view.toString();
        if (wanted === location.hash.slice(1)) return;
        try {
            history.pushState(null, "", wanted ? "#" + wanted : location.pathname + location.search);
        } catch (error) {
            location.hash = wanted; /* some browsers forbid the above for files */
        }
    }

    function zoomSpelt(panel, spelt) {
        if (!panel) return;
        const frame = spelt ? panel.frames.find((f) => spell(f) === spelt) : null;
        if (frame || panel.zoomed) zoom(panel, frame || null);
    }

    function recall() {
        const hash = location.hash.slice(1);
        const view = new URLSearchParams(hash || (standalone ? location.search : ""));
        zoomSpelt(main, view.get("z"));
        zoomSpelt(panels[1], view.get("g"));
        ignoreCase = view.get("i") === "1";
        caseButton.classList.toggle("show", ignoreCase);
        search(view.get("s") || "");
    }

    /* ---- pointer and keys ---- */

    const byElement = new Map();
    for (const panel of panels)
        for (const frame of panel.frames) byElement.set(frame.group, { panel: panel, frame: frame });

    function frameAt(node) {
        for (; node && node !== svg; node = node.parentNode)
            if (byElement.has(node)) return byElement.get(node);
        return null;
    }

    svg.addEventListener("click", function (event) {
        const hit = frameAt(event.target);
        if (hit) {
            if (hit.frame.group.localName === "a") { /* a link is followed; with Ctrl it zooms */
                if (!event.ctrlKey) return;
                event.preventDefault();
            }
            zoom(hit.panel, hit.frame);
        } else if (unzoomButton.contains(event.target)) unzoom();
        else if (searchButton.contains(event.target)) {
            if (term) search("");
            else return openField();
        } else if (caseButton.contains(event.target)) setCase(!ignoreCase);
        else return;
        remember();
    });

    svg.addEventListener("mouseover", function (event) {
        const hit = frameAt(event.target);
        details.textContent = hit ? setting("name-type") + " " + hit.frame.info : " ";
    });
    svg.addEventListener("mouseleave", function () {
        details.textContent = " ";
    });

    window.addEventListener("keydown", function (event) {
        const control = (event.ctrlKey || event.metaKey) && !event.altKey;
        const key = event.key.toLowerCase();
        if (!standalone && !svg.contains(event.target)) return;
        if ((control && key === "f") || event.key === "F3") openField();
        else if (control && key === "i") setCase(!ignoreCase);
        else if (event.key === "Enter" && field) closeField();
        else if (event.key === "Escape" && (field || term)) {
            search("");
            closeField();
        } else if (event.key === "Escape" && panels.some((p) => p.zoomed)) unzoom();
        else return;
        event.preventDefault();
        if (!field) remember();
    });

    searchButton.classList.remove("hide");
    caseButton.classList.remove("hide");
    if (standalone) {
        recall();
        window.addEventListener("popstate", recall);
        window.addEventListener("hashchange", recall);
    }
})();
