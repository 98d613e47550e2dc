import { createServer } from 'node:net'
import { cut, WIRES } from '../frames/wires.mjs'

// A server that costs little: answers are made once, and written as they are. It knows of HTTP what its clients send.

const answers = new Map()
/** Who waits after the first word. */
const waiting = []

const server = createServer({ noDelay: true }, (socket) => {
  let request = ''
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    request += bytes.toString('latin1')
    const head = request.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/content-length: *(\d+)/i.exec(request)?.[1] ?? 0)
    if (request.length < head + 4 + length) return
    const [, wire, words, each] = request.split(' ', 2)[1].split('/')
    request = ''
    if (words === 'paced') begin(socket, wire)
    else send(socket, answer(wire, Number(words), Number(each)))
  })
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send(server.address().port))
process.on('message', pace)
process.on('disconnect', () => process.exit())

function answer(wire, words, each) {
  const key = `${wire}/${words}/${each}`
  let bytes = answers.get(key)
  if (!bytes) {
    bytes = Buffer.concat([head(wire), ...cut(wire, words, each).map(chunk), END])
    answers.set(key, bytes)
  }
  return bytes
}

const SLICE = 64 * 1024
const END = Buffer.from('0\r\n\r\n')

/** No more is written than the reader takes. */
function send(socket, bytes) {
  let at = 0
  const more = () => {
    while (at < bytes.length) {
      const wanted = socket.write(bytes.subarray(at, at + SLICE))
      at += SLICE
      if (!wanted) {
        socket.once('drain', more)
        return
      }
    }
  }
  more()
}

function begin(socket, wire) {
  const { before, word } = WIRES[wire]
  socket.write(Buffer.concat([head(wire), chunk(Buffer.concat([...before, word(' word', 0)]))]))
  waiting.push({ socket, wire })
}

/** One word to the next in turn, as many as are due. */
function pace({ frames, perSecond }) {
  const readers = waiting.splice(0)
  const total = readers.length * frames
  const words = Object.fromEntries(Object.entries(WIRES).map(([name, wire]) => [name, chunk(wire.word(' word', 0))]))
  const started = performance.now()
  let said = 0
  const timer = setInterval(() => {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1_000) * perSecond))
    for (; said < due; said += 1) {
      const { socket, wire } = readers[said % readers.length]
      socket.write(words[wire])
    }
    if (said < total) return
    clearInterval(timer)
    for (const { socket, wire } of readers) {
      socket.write(Buffer.concat([chunk(Buffer.concat(WIRES[wire].after(frames + 1))), END]))
    }
  }, 1)
}

function head(wire) {
  return Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: ${WIRES[wire].type}\r\ntransfer-encoding: chunked\r\n\r\n`)
}

function chunk(bytes) {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}
