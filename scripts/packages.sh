# shellcheck shell=bash
# ./run wheel, ./run deb and ./run test wheel: packages, built and tried in bare Debian systems. Sourced by ./run.

do_wheel() { # [PROCESSOR...]
  need_packages "${needs_chroot[@]}" git=git
  packaging/wheel.sh "$@" || fail "there is no wheel; the reason or its log is named above"
  say "the wheels are in build/wheel/dist"
}

do_deb() { # [SUITE...]
  need_packages "${needs_chroot[@]}" git=git
  packaging/deb.sh "$@" || fail "there are no packages; the reason or its log is named above"
  say "the packages are in build/deb"
}

test_wheel() { # [SUITE...]
  need_packages "${needs_chroot[@]}"
  bash tests/wheel/wheel.sh "$@" || fail "a wheel does not do what it should"
}
