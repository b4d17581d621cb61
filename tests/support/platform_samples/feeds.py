"""Synthetic feeds: Atom, RSS 2.0, RSS 1.0."""

from pipeline.ingest.platforms.markup import tree

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"
 xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>Ann's blog</title><id>tag:ann.example,2024:blog</id>
 <link rel="hub" href="https://hub.example/"/><link rel="self" href="https://ann.example/feed"/>
 <entry><id>tag:ann.example,2024:1</id><link href="https://ann.example/1"/><link rel="replies" href="https://ann.example/1/replies"/>
  <title>One</title><published>2024-03-01T10:00:00+01:00</published><updated>2024-03-02T10:00:00Z</updated><thr:total>3</thr:total></entry>
 <entry><id>tag:ann.example,2024:2</id><link rel="alternate" href="https://ann.example/2"/><link rel="via" href="https://bo.example/9"/>
  <updated>2024-03-01T11:00:00Z</updated></entry>
 <entry><id>tag:ann.example,2024:3</id><link href="https://ann.example/3"/><updated>2024-03-01T12:00:00Z</updated>
  <thr:in-reply-to ref="tag:bo.example,2024:9" href="https://bo.example/9"/></entry>
 <at:deleted-entry ref="tag:ann.example,2024:2" when="2024-03-03T12:00:00Z"/>
</feed>"""
RSS = b"""<?xml version="1.0"?><rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>Bo</title>
 <link>https://bo.example/</link><item><title>Nine</title><link>https://bo.example/9?utm_source=rss</link>
 <guid isPermaLink="false">bo-9</guid><pubDate>Fri, 01 Mar 2024 09:00:00 GMT</pubDate><slash:comments>5</slash:comments></item>
 <item><title>Ten</title><guid>https://bo.example/10</guid><pubDate>last Tuesday</pubDate></item></channel></rss>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://cy.example/"><title>Cy</title></channel>
 <item rdf:about="https://cy.example/1"><title>1</title><link>https://cy.example/1</link><dc:date>2004-03-01T09:00:00+00:00</dc:date></item></rdf:RDF>"""
SAMPLES = {"atom": tree(ATOM), "rss": tree(RSS), "rdf": tree(RDF)}
UNKNOWN = {
    "page": tree(b"<html><body/></html>"),
    "no address": tree(b"<rss><channel><item><title>x</title></item></channel></rss>"),
    "no channel": tree(b"<rss/>"),
}
