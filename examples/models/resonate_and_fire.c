/* resonate_and_fire: a neuron of the user's own, after Izhikevich 2001, Neural Networks 14:883-894.
 *
 *   dx/dt = b x - omega y + I_e + sum_j w_j delta(t - t_j)      dy/dt = omega x + b y
 *
 * y >= y_th makes a spike and puts (x, y) to (x_reset, y_reset). Build and use it:
 *
 *   cc -O3 -march=native -ffp-contract=off -fno-trapping-math -fopenmp-simd -shared -fPIC -o resonate_and_fire.so \
 *      resonate_and_fire.c -lm
 *   hal9-gen -n 100 --model ./resonate_and_fire.so --param I_e=0.02 |
 *     hal9-step --model ./resonate_and_fire.so -t 1s > spikes.h9
 */
#include <hal9/model/model.h>
#include <complex.h>
#include <math.h>

#include "resonate_and_fire_step.h" /* the lists of states and coefficients */
enum { H9_STATES(H9_MODEL_STATE) STATES };
enum { H9_COEFS(H9_MODEL_COEF) COEFS };
#undef H9_STATES
#undef H9_COEFS
#undef H9_ONE_RECEPTOR
#undef H9_MARKS

#define H9_LEVEL native /* the kernels, for double and for single precision */
#define H9_REAL double
#define H9_REAL_DOUBLE
#include "resonate_and_fire_step.h"
#undef H9_REAL
#undef H9_REAL_DOUBLE
#define H9_REAL float
#include "resonate_and_fire_step.h"
static const h9_update_set kernels = H9_KERNEL_SET(H9_LEVEL);

enum { B, OMEGA, Y_TH, X_RESET, Y_RESET, I_E, X0, Y0, N };

static const h9_model_value values[N] = {
    [B] = {"b", "1", -0.05, -INFINITY, 0, false, "damping, per ms"},
    [OMEGA] = {"omega", "1", 0.25, 0, INFINITY, false, "angular frequency, per ms"},
    [Y_TH] = {"y_th", "1", 1, -INFINITY, INFINITY, false, "threshold of y"},
    [X_RESET] = {"x_reset", "1", 0, -INFINITY, INFINITY, false, "x after a spike"},
    [Y_RESET] = {"y_reset", "1", 0, -INFINITY, INFINITY, false, "y after a spike"},
    [I_E] = {"I_e", "pA", 0, -INFINITY, INFINITY, false, "constant input"},
    [X0] = {"x", "1", 0, -INFINITY, INFINITY, true, "x at the start"},
    [Y0] = {"y", "1", 0, -INFINITY, INFINITY, true, "y at the start"},
};
static const h9_model_recordable recordables[] = {{"x", "1", S_x, -1}, {"y", "1", S_y, -1}};

static bool check(const double *v, char *why, size_t size) {
  static const char text[] = "y_reset is not below y_th";
  if (v[Y_RESET] < v[Y_TH]) return true;
  for (size_t i = 0; i < size && i < sizeof text; i++) why[i] = text[i];
  return false;
}

static void prepare(const double *v, double dt, double *coef, double *state) {
  double complex rate = v[B] + v[OMEGA] * _Complex_I, flow = cexp(rate * dt);
  double complex from_current = cabs(rate) > 0 ? (flow - 1) / rate : dt; /* of 1 during the step */
  coef[K_cosine] = creal(flow);
  coef[K_sine] = cimag(flow);
  coef[K_current_x] = creal(from_current);
  coef[K_current_y] = cimag(from_current);
  coef[K_i_e] = v[I_E];
  coef[K_y_th] = v[Y_TH];
  coef[K_x_reset] = v[X_RESET];
  coef[K_y_reset] = v[Y_RESET];
  state[S_x] = v[X0];
  state[S_y] = v[Y0];
}

static const h9_model model = {
    .abi = H9_MODEL_ABI,
    .size = sizeof(h9_model),
    .name = "resonate_and_fire",
    .about = "damped oscillator that fires at the top of its swing",
    .weight = "1",
    .receptors = 1,
    .n_values = N,
    .n_recordables = H9_MODEL_COUNT(recordables),
    .n_states = STATES,
    .n_coefs = COEFS,
    .values = values,
    .recordables = recordables,
    .marks = true,
    .v = -1,
    .theta = -1,
    .reset = -1,
    .t_ref = -1,
    .check = check,
    .prepare = prepare,
    .kernels = {&kernels},
};

const h9_model *h9_model_export(void);
const h9_model *h9_model_export(void) { return &model; }
