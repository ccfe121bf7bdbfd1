/*
 * panel_scalar.h - the reference of the panel kernels, in plain C; kernels_scalar.c includes it.
 */

static void panel_square(const double *delta, size_t n, double add, double shift, double *out)
{
    for (size_t j = 0; j < n; j++) out[j] = (delta[j] + add) * (delta[j] + add) - shift;
}

static void panel_tile(const double *d, size_t ld, size_t columns, const double *vi, double *yi,
                       const double *vj, double *yj, const double *ahead, size_t ahead_ld)
{
    (void)ahead, (void)ahead_ld;
    for (size_t r = 0; r < MDS_PANEL; r++)
        for (size_t j = 0; j < columns; j++)
            for (size_t c = 0; c < MDS_PANEL; c++) {
                yi[r * MDS_PANEL + c] += d[r * ld + j] * vj[j * MDS_PANEL + c];
                yj[j * MDS_PANEL + c] += d[r * ld + j] * vi[r * MDS_PANEL + c];
            }
}

static void panel_inner(const double *a, const double *b, size_t rows, double *g)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < MDS_PANEL; k++)
            for (size_t c = 0; c < MDS_PANEL; c++)
                g[k * MDS_PANEL + c] += a[i * MDS_PANEL + k] * b[i * MDS_PANEL + c];
}

static void panel_combine(const double *a, const double *g, size_t rows, double *y)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < MDS_PANEL; k++)
            for (size_t c = 0; c < MDS_PANEL; c++)
                y[i * MDS_PANEL + c] += a[i * MDS_PANEL + k] * g[k * MDS_PANEL + c];
}
