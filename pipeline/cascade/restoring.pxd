cimport cython
from pipeline.cascade.arrivals cimport Arrival
from pipeline.cascade.content cimport Content
from pipeline.cascade.facts cimport Reader
from pipeline.cascade.fold cimport enter
from pipeline.cascade.freeze cimport discard, suspect
from pipeline.cascade.tree cimport Tree

@cython.locals(content=Content, last=Reader, total=cython.longlong)
cpdef restore(str content_id, population, chunks)
@cython.locals(arrival=Arrival)
cpdef replay(Content content, Reader facts)
