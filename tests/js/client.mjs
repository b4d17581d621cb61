// What the official client does against the ClickHouse at argv[2]; the answers go to stdout as JSON for the Python test to judge.
import { createClient } from "@clickhouse/client";

const [url, database] = process.argv.slice(2);
const client = createClient({ url, database, compression: { request: true, response: true } });
const answers = {};

answers.ping = await client.ping();
await client.command({ query: "CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n" });

const values = Array.from({ length: 5000 }, (_, n) => ({ n: String(n), s: `value ${n}` }));
answers.inserted = (await client.insert({ table: "t", values, format: "JSONEachRow" })).summary?.written_rows;

async function* rows() {
  for (let n = 5000; n < 6000; n++) yield { n, s: "streamed" };
}
const { Readable } = await import("node:stream");
await client.insert({ table: "t", values: Readable.from(rows(), { objectMode: true }), format: "JSONEachRow" });

const query = async (options) => (await client.query(options)).json();
answers.rows = await query({ query: "SELECT n, s FROM t ORDER BY n LIMIT 2", format: "JSONEachRow" });
answers.json = (await query({ query: "SELECT count() AS c FROM t" })).data;
answers.parameters = await query({
  query: "SELECT {a: Array(String)} AS a, {s: String} AS s",
  query_params: { a: ["x", "y'"], s: "tab\tquote'" },
  format: "JSONEachRow",
});
answers.settings = await query({
  query: "SELECT getSetting('max_block_size') AS v",
  clickhouse_settings: { max_block_size: "77" },
  format: "JSONEachRow",
});

answers.streamed = 0;
const stream = (await client.query({ query: "SELECT number FROM numbers(300000)", format: "JSONCompactEachRow" })).stream();
for await (const part of stream) answers.streamed += part.length;

answers.exec = "";
const { stream: raw } = await client.exec({ query: "SELECT 1 FORMAT CSV" });
for await (const part of raw) answers.exec += part;

answers.failures = [];
for (const sql of ["SELECT * FROM nope", "SELECT nope", "SELECT * FROM url('http://localhost:1', CSV, 'a Int8')"]) {
  await client.query({ query: sql, format: "JSONEachRow" }).catch((error) => answers.failures.push([error.code, error.type]));
}

const session = createClient({ url, database, session_id: crypto.randomUUID() });
await session.command({ query: "CREATE TEMPORARY TABLE mine (n UInt8)" });
await session.insert({ table: "mine", values: [{ n: 1 }], format: "JSONEachRow" });
answers.session = await (await session.query({ query: "SELECT n FROM mine", format: "JSONEachRow" })).json();
await session.close();

const stop = new AbortController();
setTimeout(() => stop.abort(), 300);
const endless = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 2";
answers.aborted = await client.query({ query: endless, abort_signal: stop.signal }).then(() => false, () => true);

const reader = createClient({ url, database, username: "reader", password: "any" });
answers.reader = await reader.insert({ table: "t", values: [{ n: 1 }], format: "JSONEachRow" }).catch((error) => error.code);
await reader.close();
await client.close();
console.log(JSON.stringify(answers));
