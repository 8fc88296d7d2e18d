"""From changed content to what people get: build a candidate, try it, make it live on all nodes, take it back.

* `store`, `live`: releases and what is live, in the database
* `jobs`, `building`: a build in a process of its own, one in the whole cluster
* `archive`: what travels to the nodes, signed
* `exchange`, `nodes`: each node loads what is live and says what it runs
* `candidate`, `talks`, `shadow`: trying it before anybody gets it
"""
