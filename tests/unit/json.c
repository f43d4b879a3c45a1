/* The JSON writer. Authority: RFC 8259, texts written by hand. */
#include "../../libcore/base/json.h"
#include "tap.h"

static void is(h9_json *j, const char *want, const char *what) {
  h9_buf_put8(&j->out, 0);
  ok(!j->out.failed && strcmp((const char *)j->out.data, want) == 0, "%s", what);
  if (strcmp((const char *)j->out.data, want) != 0) printf("# got: %s\n", (const char *)j->out.data);
  h9_buf_release(&j->out);
  *j = (h9_json){0};
}

static double number(double v) {
  h9_json j = {0};
  h9_json_begin(&j, NULL, '[');
  h9_json_number(&j, NULL, v);
  h9_json_end(&j, ']');
  h9_buf_put8(&j.out, 0);
  double got = strtod((const char *)j.out.data + 2, NULL);
  h9_buf_release(&j.out);
  return got;
}

int main(void) {
  h9_json j = {0};
  h9_json_begin(&j, NULL, '{');
  h9_json_end(&j, '}');
  is(&j, "{}\n", "an empty object");
  h9_json_begin(&j, NULL, '[');
  h9_json_end(&j, ']');
  is(&j, "[]\n", "an empty list");

  h9_json_begin(&j, NULL, '{');
  h9_json_whole(&j, "n", UINT64_MAX);
  h9_json_text(&j, "t", "x");
  h9_json_begin(&j, "list", '[');
  h9_json_number(&j, NULL, 0.5);
  h9_json_number(&j, NULL, -3);
  h9_json_begin(&j, NULL, '{');
  h9_json_begin(&j, "empty", '[');
  h9_json_end(&j, ']');
  h9_json_number(&j, "after", 1);
  h9_json_end(&j, '}');
  h9_json_end(&j, ']');
  h9_json_whole(&j, "last", 0);
  h9_json_end(&j, '}');
  is(&j,
     "{\n  \"n\": 18446744073709551615,\n  \"t\": \"x\",\n  \"list\": [\n    0.5,\n    -3,\n    {\n      "
     "\"empty\": [],\n"
     "      \"after\": 1\n    }\n  ],\n  \"last\": 0\n}\n",
     "nesting, commas, indentation");

  h9_json_begin(&j, NULL, '[');
  h9_json_number(&j, NULL, NAN);
  h9_json_number(&j, NULL, INFINITY);
  h9_json_number(&j, NULL, -INFINITY);
  h9_json_end(&j, ']');
  is(&j, "[\n  null,\n  null,\n  null\n]\n", "what JSON has no number for is null");

  h9_json_begin(&j, NULL, '{');
  h9_json_text(&j, "a\"b\\c", "quote \" backslash \\ slash / tab \t line \n escape \x1b delete \x7f end");
  h9_json_text(&j, "\x01", "");
  h9_json_text(&j, "utf8", "\xc2\xb5m \xe2\x82\xac \xf0\x9f\x98\x80");
  h9_json_end(&j, '}');
  is(&j,
     "{\n  \"a\\\"b\\\\c\": \"quote \\\" backslash \\\\ slash / tab \\u0009 line \\u000a escape \\u001b "
     "delete \x7f end\",\n"
     "  \"\\u0001\": \"\",\n  \"utf8\": \"\xc2\xb5m \xe2\x82\xac \xf0\x9f\x98\x80\"\n}\n",
     "escapes of RFC 8259, UTF-8 as it is");

  /* file names can be any bytes; JSON text is UTF-8 (RFC 8259, section 8.1) */
  h9_json_begin(&j, NULL, '[');
  h9_json_text(&j, NULL,
               "a\xff"
               "b\xc3(\xed\xa0\x80\xc0\xaf\xf5\x80\x80\x80\xe2\x82");
  h9_json_end(&j, ']');
  is(&j,
     "[\n  \"a\xef\xbf\xbd"
     "b\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n]\n",
     "each byte that is no UTF-8 becomes U+FFFD");

  const double values[] = {
      0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308, 123456789012345680, 1e22, 0};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    ok(number(values[i]) == values[i], "%.17g comes back as it was", values[i]);

  for (int i = 0; i < 15; i++) h9_json_begin(&j, NULL, '[');
  for (int i = 0; i < 15; i++) h9_json_end(&j, ']');
  int depth = 0, most = 0;
  for (size_t i = 0; i < j.out.len; i++) {
    depth += (j.out.data[i] == '[') - (j.out.data[i] == ']');
    most = depth > most ? depth : most;
  }
  ok(depth == 0 && most == 15, "fifteen levels");
  h9_buf_release(&j.out);
  return done();
}
