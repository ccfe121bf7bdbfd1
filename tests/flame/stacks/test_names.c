/* Names that are changed while stacks are read: demangled, shortened, merged. What is demangled was asked of
 * c++filt (binutils 2.40). */
#include "name_change.h"
#include "short_name.h"
#include "stack_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void short_names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"std::vector<int, std::allocator<int> >::push_back(int const&)", "vector::push_back"},
        {"void boost::asio::detail::scheduler::run<X>(int) const [clone .cold]", "scheduler::run"},
        {"std::function<void (int)>::operator()(int) const", "function::operator()"},
        {"bool a::operator< <int>(A<int> const&)", "a::operator<"},
        {"operator<<(std::ostream&, X)", "operator<<"},
        {"X::operator->() const", "X::operator->"},
        {"operator new(unsigned long)", "operator new"},
        {"decltype(auto) std::invoke<F>(F&&)", "std::invoke"},
        {"decltype ({parm#1}()) shop::through<work(_object*)::{lambda()#1}>(work(_object*)::{lambda()#1})",
         "shop::through"},
        {"decltype (f)", "decltype (f)"},
        {"static int foo(char*)", "foo"},
        {"(anonymous namespace)::run(char const*)", "(anonymous namespace)::run"},
        {"a::b::(anonymous namespace)::run(char const*)", "(anonymous namespace)::run"},
        {"<alloc::vec::Vec<T,A> as core::ops::deref::Deref>::deref", "Vec::deref"},
        {"<T as core::convert::Into<U>>::into", "T::into"},
        {"alloc::vec::Vec<T>::push::h0123456789abcdef", "Vec::push"},
        {"tokio::runtime::task::raw::poll::{{closure}}", "raw::poll::{{closure}}"},
        {"core::ops::function::FnOnce::call_once{{vtable.shim}}::h0123456789abcdef",
         "FnOnce::call_once{{vtable.shim}}"},
        {"net/http.(*conn).serve", "http.(*conn).serve"},
        {"github.com/user/repo/pkg.Map[go.shape.int_0].Get", "pkg.Map.Get"},
        {"runtime.gopark", "runtime.gopark"},
        {"java.util.ArrayList.add", "ArrayList.add"},
        {"java/util/ArrayList.add", "ArrayList.add"},
        {"Ljava/util/ArrayList;::add", "ArrayList.add"},
        {"Lorg/x/ContextFactory;.call(Lorg/x/Action;)Ljava/lang/Object;", "ContextFactory.call"},
        {"org/mozilla/javascript/ContextFactory:.call", "ContextFactory.call"},
        {"com/x/Y$$Lambda$14/0x00000008000c2840.run", "Y$$Lambda.run"},
        {"com.x.Y$$Lambda.0x00000008000c2840.run", "Y$$Lambda.run"},
        {"LazyCompile:*run /home/u/app/index.js:10:5", "run index.js:10:5"},
        {"JS:~fn file:///home/x/app.mjs:12:3", "fn app.mjs:12:3"},
        {"Function:^emit node:events:517:28", "emit node:events:517:28"},
        {"LazyCompile:~Module._load module.js:380", "Module._load module.js:380"},
        {"JS:*run /home/u/app/index.js:10", "run index.js:10"},
        {"JS:~ node:path:1208:10", "(anonymous) node:path:1208:10"},
        {"tcp_v4_rcv.constprop.0.isra.3", "tcp_v4_rcv"},
        {"[libc.so.6]", "[libc.so.6]"},
        {"main", "main"},
        {"<module>", "<module>"},
        {"f.<locals>.<lambda>", "f.<locals>.<lambda>"},
        {"", ""},
        {"::", "::"},
        {"<", "<"},
        {"a<b", "a<b"},
        {"(", "("},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fs_text out;
        fs_text_init(&out);
        flame_short_name(cases[i][0], strlen(cases[i][0]), &out);
        assert_string_equal(fs_text_string(&out), cases[i][1]);
        fs_text_fini(&out);
    }
}

static flame_read_options changed(bool demangle, bool shorten, const char *const *merge, size_t count)
{
    flame_read_options options;
    flame_read_options_default(&options);
    options.names = (flame_name_options){demangle, shorten, merge, count};
    return options;
}

/* V8's kinds are no files, though a line may follow. */
static void names_of_v8_are_shortened_in_stacks(void **state)
{
    (void)state;
    flame_read_options options = changed(false, true, NULL, 0);
    stack_text_expect(
        "LazyCompile:~Module._load module.js:380;JS:*run /home/u/index.js:10;/a/b.js:f:3;Function:~ 1\n",
        &options, "Module._load module.js:380;run index.js:10;b.js:f:3;(anonymous) 1\n");
}

static void names_are_demangled(void **state)
{
    (void)state;
    flame_read_options options = changed(true, false, NULL, 0);
    stack_text_expect("main;_ZN4core3fmt5write17h0123456789abcdefE;_RNvCs1234_7mycrate3foo 1\n"
                      "main;_ZNSt6vectorIiSaIiEE9push_backERKi_[k] 2\n"
                      "main;__ZN3foo3barEv 3\nmain;_Zeta 4\nmain;x.c:_ZN3foo3barEv:12 5\n",
                      &options,
                      "main;_Zeta 4\nmain;core::fmt::write;mycrate::foo 1\nmain;foo::bar() 3\n"
                      "main;std::vector<int, std::allocator<int> >::push_back(int const&)_[k] 2\n"
                      "main;x.c:foo::bar():12 5\n");
    /* A few bytes that stand for 2^30: left as they are, at once. */
    fs_text text;
    fs_text_init(&text);
    fs_text_add(&text, "_Z1fSt4pairIiiE");
    for (int i = 0; i < 30; i++) fs_text_format(&text, "St4pairIS%d_S%d_E", i, i);
    fs_text_add(&text, " 1\n");
    flame_tree *tree;
    assert_int_equal(stack_text_read(text.data, text.length, &options, &tree, NULL, NULL), FS_OK);
    flame_tree_destroy(tree);
    fs_text_fini(&text);
}

static void names_that_become_equal_merge(void **state)
{
    (void)state;
    flame_read_options options = changed(false, true, NULL, 0);
    stack_text_expect("main;A<int>::f(int) 1\nmain;A<char>::f(char) 2\nmain;A<char>::f(char);/x/y.py:g:3 4\n"
                      "main;f (/usr/lib/z.py:7) 1\n",
                      &options, "main;A::f 3\nmain;A::f;y.py:g:3 4\nmain;f (z.py:7) 1\n");
    static const char *const merge[] = {"pool-\\d+", "thread-\\d+"};
    options = changed(false, false, merge, 2);
    stack_text_expect("pool-1-thread-7;f 1\npool-22-thread-9;f 2\nother;pool 3\n", &options,
                      "other;pool 3\npool-\\d+-thread-\\d+;f 3\n");
    stack_text_expect(
        "pool-1 1/2 [000] 1.5: 5 cycles:\n\t4010 f (/a)\n\npool-2 1/2 [000] 1.5: 5 cycles:\n\t4010 f (/a)\n",
        &options, "pool-\\d+;f 10\n");
    options.in_time = true;
    stack_text_expect("pool-1;f 1\npool-2;f 2\nx 1\npool-3;f 1\n", &options,
                      "pool-\\d+;f 1\npool-\\d+;f 3\nx 1\n"); /* sorted */
}

static void a_bad_expression_is_told(void **state)
{
    (void)state;
    static const char *const merge[] = {"a", "pool-("};
    flame_read_options options = changed(false, false, merge, 2);
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    assert_int_equal(stack_text_read("a 1\n", 4, &options, &tree, &report, &error), FS_ARGUMENT);
    assert_non_null(strstr(error.message, "'pool-(' is no regular expression"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_names),
        cmocka_unit_test(names_of_v8_are_shortened_in_stacks),
        cmocka_unit_test(names_are_demangled),
        cmocka_unit_test(names_that_become_equal_merge),
        cmocka_unit_test(a_bad_expression_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
