# Long tests of the container: half a million random mutations, and 100 GiB through a pipe within
# 100 MiB at either end (a minute or two). Authority: the bytes written.

@test "half a million random mutations of a stream are found" {
  run "$BATS_TEST_DIRNAME/../../$BUILD/unit/stream_damage"
  echo "$output" | grep -v '^ok'
  [ "$status" = 0 ]
}

@test "100 GiB pass through a pipe in bounded memory" {
  run "$BATS_TEST_DIRNAME/../../$BUILD/unit/stream"
  echo "$output" | grep -v '^ok'
  [ "$status" = 0 ]
  [[ "$output" == *"102400 MiB passed"* ]]
}
