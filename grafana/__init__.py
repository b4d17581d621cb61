"""The Grafana dashboards as code. `python -m grafana.generate` writes `grafana/dashboards/*.json`, which are checked in.

sources    the two data sources, and how a panel asks each of them
sql_live   what the live dashboard asks ClickHouse          sql_content  what the content dashboard asks
panels     panels as every dashboard has them               columns      fields of tables and multi-figure panels
live, worker, content                                       the dashboards, row by row
"""
