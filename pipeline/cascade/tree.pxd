cimport cython
from pipeline.cascade.columns cimport Columns

cdef int BELOW, PLACED, ROOT, _NONE

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
    cdef list marked
    cdef list breadth
    cdef list exact_breadth
    cdef list live_breadth
    cdef list reach_breadth
    cdef object depth_sum
    cdef object square_sum
    cdef bint deferred

    cdef _reserve(self)
    cdef int add(self, int parent, bint exact_edge) except -1
    cdef defer_sums(self)
    @cython.locals(node=int, top=int)
    cdef make_sums(self)
    @cython.locals(node=int, parent=int, following=int)
    cdef _sum_up(self, int top)
    cdef int _leaf(self, int node)
    @cython.locals(size=cython.longlong)
    cdef _close(self, int node)
    cdef place(self, int node)
    cdef forget_marks(self)
    cdef list move(self, int node, int parent)
    cdef set_exact_edge(self, int node, bint exact)
    cdef set_live(self, int node, bint live)
    cdef set_credit(self, int node, long long reach)
    cdef bint under(self, int node, int ancestor)
    cdef int top(self, int node)
    cdef _grow(self, int node, long long nodes, long long live, long long reach)
    cdef _grow_sums(self, int node, long long live, long long reach)
    cdef _link(self, int node, int parent)
    cdef _unlink(self, int node, int parent)
    @cython.locals(node=int, child=int)
    cdef list _place_again(self, int top)
    cdef _set_depths(self, int node, int depth, int exact)

cdef count(list histogram, int slot, long long change)
cdef shift(list histogram, int old, int new, long long amount)
