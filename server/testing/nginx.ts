import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChildServer, missingProgram, startChild } from './child-server.ts';

const program = '/usr/sbin/nginx';
/** Why suites behind nginx are skipped, or false. */
export const nginxMissing = missingProgram(existsSync(program), 'nginx-light');

/** Which processes take what: the same three upstreams as in `deploy/nginx.conf.template`. */
export interface Upstreams {
  readonly gateways: readonly number[];
  readonly websockets: readonly number[];
}

/** A load balancer on loopback, as `deploy/` has one: sockets and long polls to one role, everything else to the other. */
export function startNginx(dir: string, port: number, upstreams: Upstreams): Promise<ChildServer> {
  const path = join(dir, 'nginx.conf');
  return writeFile(path, configuration(dir, port, upstreams)).then(() =>
    startChild(program, ['-c', path, '-p', dir, '-g', 'daemon off;'], () => answers(port)),
  );
}

function configuration(dir: string, port: number, { gateways, websockets }: Upstreams): string {
  const lines = (ports: readonly number[], how: string) =>
    ports.map((each) => `    server 127.0.0.1:${each} ${how};`).join('\n');
  const servers = (ports: readonly number[]) => lines(ports, 'max_fails=1 fail_timeout=1s');
  // The same once more: a process that has just come back still counts as failed when the next one goes.
  const withAll = (ports: readonly number[]) => `${servers(ports)}\n${lines(ports, 'backup max_fails=0')}`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  // One process: a worker would outlive a master that is killed.
  return `master_process off;
pid ${join(dir, 'nginx.pid')};
error_log ${join(dir, 'nginx-error.log')} warn;
events { worker_connections 20000; }
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${join(dir, `nginx-${name}`)};`).join('\n')}
  map $http_upgrade $connection_upgrade {
    default upgrade;
    '' '';
  }
  client_max_body_size 32m;
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_next_upstream error timeout;
  proxy_connect_timeout 2s;
  upstream gateway {
    least_conn;
    keepalive 64;
${withAll(gateways)}
  }
  upstream websocket {
    least_conn;
${withAll(websockets)}
  }
  # A long-poll session lives in one process: the visitor's token leads to it.
  upstream polling {
    hash $http_authorization consistent;
${servers(websockets)}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://gateway;
    }
    location /ws/ {
      proxy_read_timeout 120s;
      proxy_pass http://websocket;
    }
    location = /api/v1/visitor/poll {
      proxy_read_timeout 60s;
      proxy_pass http://polling;
    }
  }
}
`;
}

async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/healthz`);
    return true;
  } catch {
    // Not listening yet.
    return false;
  }
}
