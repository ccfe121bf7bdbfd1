// A module for Python of the kind that people write in C++: classes and functions made from templates, the standard
// library's algorithms, a function of Python's that is called back. Built for one interpreter by native_modules.py.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <algorithm>
#include <vector>

#define ALONE __attribute__((noinline))

namespace shop {

template <typename Item, int Slots> class Ring {
public:
    ALONE Item turn(long times)
    {
        for (long i = 0; i < times; i++) slots[i % Slots] = slots[(i + 1) % Slots] * Item(3) + Item(i);
        return slots[0];
    }

private:
    Item slots[Slots] = {};
};

template <typename Order> ALONE void sort_by(std::vector<unsigned> &values, Order order)
{
    std::sort(values.begin(), values.end(), order);
}

template <typename Call> ALONE auto through(Call call) -> decltype(call())
{
    auto result = call();
    __asm__ volatile(""); // no tail call
    return result;
}

} // namespace shop

// turn(times)
static PyObject *turn(PyObject *, PyObject *times)
{
    static shop::Ring<unsigned long, 8> ring;
    return PyLong_FromUnsignedLong(ring.turn(PyLong_AsLong(times)));
}

// sort(count): so many numbers in no order, from the largest on.
static PyObject *sort(PyObject *, PyObject *count)
{
    std::vector<unsigned> values(static_cast<size_t>(PyLong_AsLong(count)));
    unsigned last = 1;
    for (auto &value : values) value = last = last * 1664525u + 1013904223u;
    shop::sort_by(values, [](unsigned a, unsigned b) { return a > b; });
    return PyLong_FromUnsignedLong(values.front());
}

// through(function): what function() returns.
static PyObject *call_through(PyObject *, PyObject *function)
{
    return shop::through([function] { return PyObject_CallObject(function, nullptr); });
}

static PyMethodDef methods[] = {{"turn", turn, METH_O, nullptr},
                                {"sort", sort, METH_O, nullptr},
                                {"through", call_through, METH_O, nullptr},
                                {nullptr, nullptr, 0, nullptr}};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "templates_module", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

PyMODINIT_FUNC PyInit_templates_module()
{
    return PyModule_Create(&module);
}
