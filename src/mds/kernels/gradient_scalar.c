/* The reference of the gradient kernels: plain C, one pair after the other. */
#include "gradient_scalar.h"

#include <math.h>

/* What a pair with this error adds to the loss, and how hard it pulls (half the derivative). */
static double pair_loss(enum mds_gradient_term term, double weight, double error, double threshold,
                        double *pull)
{
    double held = term == MDS_GRADIENT_HUBER ? fmax(-threshold, fmin(threshold, error)) : error;
    *pull = weight * held;
    return *pull * (2 * error - held);
}

static double gradient_row(const mds_gradient_rows *rows, size_t i, enum mds_gradient_term term,
                           double *gradient)
{
    double loss = 0;
    for (size_t j = i + 1 > rows->from ? i + 1 : rows->from; j < rows->n; j++) {
        double delta = rows->delta[(i - rows->first) * rows->ld + j - rows->column], d2 = 0, pull;
        double weight = rows->weights ? rows->weights[(i - rows->first) * rows->ldw + j - rows->column] : 1;
        if (isnan(delta)) continue;
        for (size_t k = 0; k < rows->p; k++) {
            double a = rows->x[k * rows->stride + i] - rows->x[k * rows->stride + j];
            d2 += a * a;
        }
        double d = sqrt(d2);
        loss += pair_loss(term, weight, delta - d, rows->threshold, &pull);
        for (size_t k = 0; d > 0 && k < rows->p; k++) {
            double a = rows->x[k * rows->stride + i] - rows->x[k * rows->stride + j];
            gradient[k * rows->stride + i] -= pull / d * a;
            gradient[k * rows->stride + j] += pull / d * a;
        }
    }
    return loss;
}

static double laplacian_row(const mds_gradient_rows *rows, size_t i, enum mds_gradient_term term,
                            double *product)
{
    double sum = 0;
    for (size_t j = i + 1 > rows->from ? i + 1 : rows->from; j < rows->n; j++) {
        double delta = rows->delta[(i - rows->first) * rows->ld + j - rows->column], d2 = 0;
        double weight = rows->weights ? rows->weights[(i - rows->first) * rows->ldw + j - rows->column] : 1;
        if (isnan(delta)) continue;
        for (size_t k = 0; k < rows->p; k++) {
            double a = rows->x[k * rows->stride + i] - rows->x[k * rows->stride + j];
            d2 += a * a;
        }
        if (term == MDS_GRADIENT_REWEIGHTED)
            weight *= rows->threshold / fmax(rows->threshold, fabs(delta - sqrt(d2)));
        for (size_t k = 0; k < rows->p; k++) {
            double a = rows->along[k * rows->stride + i] - rows->along[k * rows->stride + j];
            sum += weight * a * a;
            product[k * rows->stride + i] += weight * a;
            product[k * rows->stride + j] -= weight * a;
        }
    }
    return sum;
}

/* Single precision here means: the numbers are held so, and computed with in double. */
static double single_row(const mds_gradient_rows_single *rows, size_t i, enum mds_gradient_term term,
                         double *gradient)
{
    double loss = 0;
    for (size_t j = i + 1 > rows->from ? i + 1 : rows->from; j < rows->n; j++) {
        size_t at = (i - rows->first) * rows->ld + j - rows->column;
        double delta = (double)rows->delta[at], weight = rows->weights ? (double)rows->weights[at] : 1;
        double d2 = 1e-30, pull;
        if (isnan(delta)) continue;
        for (size_t k = 0; k < rows->p; k++) {
            double a = (double)(rows->x[k * rows->stride + i] - rows->x[k * rows->stride + j]);
            d2 += a * a;
        }
        double d = sqrt(d2);
        loss += pair_loss(term, weight, delta - d, (double)rows->threshold, &pull);
        for (size_t k = 0; k < rows->p; k++) {
            double a = (double)(rows->x[k * rows->stride + i] - rows->x[k * rows->stride + j]);
            gradient[k * rows->stride + i] -= pull / d * a;
            gradient[k * rows->stride + j] += pull / d * a;
        }
    }
    return loss;
}

double mds_gradient_rough(const mds_gradient_rows_single *rows, float *gradient, float *losses)
{
    double sum = 0;
    for (size_t i = rows->first; i < rows->n && i < rows->first + MDS_GRADIENT_ROWS; i++)
        for (size_t j = i + 1; j < rows->n; j++) {
            float d2 = 1e-30f, delta = rows->delta[(i - rows->first) * rows->ld + j - rows->column];
            for (size_t k = 0; k < rows->p; k++) {
                float a = rows->x[k * rows->stride + i] - rows->x[k * rows->stride + j];
                d2 += a * a;
            }
            float d = sqrtf(d2), error = delta - d, loss = error * error;
            for (size_t k = 0; k < rows->p; k++) {
                float a = rows->x[k * rows->stride + i] - rows->x[k * rows->stride + j];
                gradient[k * rows->stride + i] -= error / d * a;
                gradient[k * rows->stride + j] += error / d * a;
            }
            if (losses) losses[i] += loss, losses[j] += loss;
            sum += (double)loss;
        }
    return sum;
}

#define ROWS(name, type, row, term)                                                                          \
    double name(const type *rows, double *gradient)                                                          \
    {                                                                                                        \
        double sum = 0;                                                                                      \
        for (size_t i = rows->first; i < rows->n && i < rows->first + MDS_GRADIENT_ROWS; i++)                \
            sum += row(rows, i, term, gradient);                                                             \
        return sum;                                                                                          \
    }

ROWS(mds_gradient_plain, mds_gradient_rows, gradient_row, MDS_GRADIENT_PLAIN)
ROWS(mds_gradient_weighted, mds_gradient_rows, gradient_row, MDS_GRADIENT_WEIGHTED)
ROWS(mds_gradient_huber, mds_gradient_rows, gradient_row, MDS_GRADIENT_HUBER)
ROWS(mds_laplacian, mds_gradient_rows, laplacian_row, MDS_GRADIENT_LAPLACIAN)
ROWS(mds_laplacian_reweighted, mds_gradient_rows, laplacian_row, MDS_GRADIENT_REWEIGHTED)
ROWS(mds_single_plain, mds_gradient_rows_single, single_row, MDS_GRADIENT_PLAIN)
ROWS(mds_single_weighted, mds_gradient_rows_single, single_row, MDS_GRADIENT_WEIGHTED)
ROWS(mds_single_huber, mds_gradient_rows_single, single_row, MDS_GRADIENT_HUBER)
