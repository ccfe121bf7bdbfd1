# cython: language_level=3, cdivision=True
"""A module of the kind that people write in Cython: a class, a function of its own, one called back. Built for one
interpreter by native_modules.py."""


cdef unsigned long spread_over(unsigned long state, long times):
    cdef long i
    for i in range(times):
        state = state * 6364136223846793005UL + <unsigned long>i
        state ^= state >> 29
    return state


def spread(long times):
    return spread_over(1, times)


cdef class Mixer:
    cdef unsigned long state

    cpdef unsigned long stir(self, long times):
        cdef long i
        for i in range(times):
            self.state = self.state * 2862933555777941757UL + <unsigned long>i
        return self.state

    def fold(self, long times):
        cdef long i
        cdef unsigned long state = self.state
        for i in range(times):
            state = (state << 7) ^ (state >> 3) ^ <unsigned long>i
        self.state = state
        return state

    def through(self, function):
        return function()
