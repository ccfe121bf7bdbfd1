#include "svg_text.h"

#include "text.h"

#include <math.h>
#include <string.h>

const char *const mds_light_colours[MDS_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#cc4c9c", "#7a5c00",
                                                    "#4ba3d9", "#8c1c4b", "#5f7d1c", "#4b3fa0", "#8a8a8a"};
const char *const mds_dark_colours[MDS_COLOURS] = {"#4aa8e8", "#ff8c42", "#2fd3a2", "#f28bc8", "#d9b43a",
                                                   "#a9d8f7", "#ff7f9f", "#b4d455", "#a99bff", "#bdbdbd"};

void mds_svg_text(fs_output *out, const char *text)
{
    fs_text escaped;
    fs_text_init(&escaped);
    fs_text_add_xml(&escaped, text, strlen(text));
    fs_output_string(out, fs_text_string(&escaped));
    fs_text_fini(&escaped);
}

void mds_svg_cut(const char *text, size_t most, char *out, size_t room)
{
    static const char dots[] = "…";
    size_t length = strlen(text), used = fs_utf8_prefix(text, length, most);
    if (used + sizeof dots > room) used = fs_utf8_clip(text, room - sizeof dots);
    memcpy(out, text, used);
    memcpy(out + used, used < length ? dots : "", used < length ? sizeof dots : 1);
}

double mds_svg_width(const char *text, double size)
{
    double em = 0;
    size_t length = strlen(text);
    for (size_t i = 0; i < length;) {
        uint32_t c = 0;
        size_t n = fs_utf8_decode(text + i, length - i, &c);
        i += n ? n : 1;
        if (c >= 0x1100)
            em += 1.05;
        else if (c < 0x80 && strchr("ijl.,:;'|!()[] ft", (int)c))
            em += 0.36;
        else if (c == 'm' || c == 'w' || c == 'M' || c == 'W' || c == '@' || c == '%')
            em += 0.95;
        else
            em += c >= 'A' && c <= 'Z' ? 0.72 : 0.61;
    }
    return em * size;
}

double mds_nice_step(double span, double lines)
{
    double raw = span / lines, power = pow(10, floor(log10(raw))), digit = raw / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}
