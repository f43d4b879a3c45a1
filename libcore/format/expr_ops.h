/* The operations of compiled expressions. */
#ifndef H9_FORMAT_EXPR_OPS_H
#define H9_FORMAT_EXPR_OPS_H

#include <stdint.h>

/* Operations as the stream carries them; never renumber. */
enum op {
  OP_CONST = 1,
  OP_VAR = 2,
  OP_ADD = 16,
  OP_SUB,
  OP_MUL,
  OP_DIV,
  OP_POW,
  OP_LT,
  OP_LE,
  OP_GT,
  OP_GE,
  OP_EQ,
  OP_NE,
  OP_MIN,
  OP_MAX,
  OP_ATAN2,
  OP_NEG = 48,
  OP_EXP,
  OP_LOG,
  OP_LOG10,
  OP_SQRT,
  OP_ABS,
  OP_FLOOR,
  OP_CEIL,
  OP_ROUND,
  OP_SIN,
  OP_COS,
  OP_TAN,
  OP_TANH,
  OP_ERF,
  OP_SIGN,
  OP_SELECT = 80, /* a c b: a if c else b */
  OP_CLIP = 81,   /* x low high */
};

int h9_op_operands(uint8_t op); /* how many values it takes; -1: no such operation */
const char *h9_op_name(uint8_t op);

#endif
