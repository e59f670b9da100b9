// SPDX-License-Identifier: GPL-3.0-or-later
// The same on Node's http: read and writev. Prints its port.
import http from 'node:http'

const event = (choices, more = {}) => `data: ${JSON.stringify({
  id: 'chatcmpl-0123456789abcdef', object: 'chat.completion.chunk', created: 1, model: 'small', choices, ...more })}\n\n`

function* events(tokens, usage) {
  yield event([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }])
  for (let i = 0; i < tokens; i++) yield event([{ index: 0, delta: { content: ` token${i}` }, finish_reason: null }])
  yield event([{ index: 0, delta: {}, finish_reason: 'stop' }])
  yield event([], { usage })
  yield 'data: [DONE]\n\n'
}

// Timers count whole milliseconds here; a pace below one is kept on average.
const until = (at) => new Promise((done) => setTimeout(done, Math.max(0, at - performance.now())))

async function answer(request, response) {
  for await (const _ of request);
  const query = new URL(request.url, 'http://127.0.0.1').searchParams
  const tokens = Number(query.get('tokens') ?? 16)
  const pace = Number(query.get('pace_us') ?? 0) / 1000
  const status = Number(query.get('status') ?? 200)
  const usage = { prompt_tokens: 8, completion_tokens: tokens, total_tokens: 8 + tokens }
  if (status !== 200 || query.get('stream') === '0') {
    const body = JSON.stringify(status !== 200 ? { error: { message: 'as asked', code: status } }
      : { object: 'chat.completion', choices: [{ message: { content: 'x'.repeat(tokens) } }], usage })
    response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.end(body)
    return
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  const begin = performance.now()
  let number = 0
  for (const piece of events(tokens, usage)) {
    if (pace > 0) await until(begin + number++ * pace)
    response.write(piece)
  }
  response.end()
}

const server = http.createServer((request, response) => { answer(request, response).catch(() => response.destroy()) })
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', 256, () => console.log(`listening ${server.address().port}`))
