import { WebSocketServer } from 'ws';

/** Reference: `ws` alone. Says hello to each socket and sends every message back, neither parsed nor kept. */
const port = Number(process.argv[2]);
const server = new WebSocketServer({
  host: '127.0.0.1',
  port,
  perMessageDeflate: false,
  handleProtocols: () => 'parley.v1',
});
server.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(data, { binary: false }));
  socket.send('{"type":"hello"}');
});
