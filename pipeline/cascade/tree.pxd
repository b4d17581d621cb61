cimport cython
from pipeline.cascade.columns cimport Columns
from pipeline.cascade.levels cimport Levels
from pipeline.cascade.stack cimport Stack

cdef int BELOW, PLACED, ROOT, _NONE
cdef long long _MOST

cdef class Tree(Columns):
    cdef int *parent
    cdef int *depth
    cdef int *exact
    cdef signed char *exact_edge
    cdef int *size
    cdef signed char *live
    cdef int *below_live
    cdef long long *credit
    cdef long long *below_reach
    cdef int *first_child
    cdef int *next_sibling
    cdef int *previous_sibling
    cdef signed char *mark
    cdef Stack marked
    cdef Levels levels
    cdef long long depth_sum
    cdef object squares_before
    cdef long long squares
    cdef bint deferred

    cdef _reserve(self)
    @cython.locals(levels=Levels, node=int)
    cdef int add(self, int parent, bint exact_edge) except -1
    cdef defer_sums(self)
    @cython.locals(node=int, top=int)
    cdef make_sums(self)
    @cython.locals(node=int, parent=int, following=int)
    cdef _sum_up(self, int top)
    cdef int _leaf(self, int node)
    @cython.locals(size=cython.longlong)
    cdef _close(self, int node)
    cdef _add_squares(self, long long change)
    cdef square_sum(self)
    cdef place(self, int node)
    @cython.locals(place=int)
    cdef forget_marks(self)
    cdef list move(self, int node, int parent)
    cdef set_exact_edge(self, int node, bint exact)
    cdef set_live(self, int node, bint live)
    cdef set_credit(self, int node, long long reach)
    cdef bint under(self, int node, int ancestor)
    cdef int top(self, int node)
    @cython.locals(squares=cython.longlong, before=cython.longlong)
    cdef _grow(self, int node, long long nodes, long long live, long long reach)
    cdef _grow_sums(self, int node, long long live, long long reach)
    cdef _link(self, int node, int parent)
    cdef _unlink(self, int node, int parent)
    @cython.locals(node=int, child=int, parent=int, depth=int, exact=int, before=int)
    cdef list _place_again(self, int top)
    @cython.locals(before=int, exact_before=int, levels=Levels)
    cdef _set_depths(self, int node, int depth, int exact)
