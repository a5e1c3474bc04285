# syntax=docker/dockerfile:1
# Two images: `services` holds every Rust binary, `site` the site's server. What is downloaded and compiled once stays in
# cache mounts, which BuildKit keeps beside the layers: a changed line of ours compiles none of the dependencies again.

FROM rust:1.95-bookworm AS build
WORKDIR /src
# The commit, for the release id: the sources come without their history.
ARG THROUGHLINE_COMMIT=""
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY benches benches
COPY cli cli
COPY continuity continuity
COPY crates crates
COPY gateway gateway
COPY interop interop
COPY proto proto
COPY services services
COPY xtask xtask
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
      --package throughline --package throughline-graph --package throughline-gateway \
    && install -D --target-directory=/out/bin \
      target/release/throughline target/release/throughline-graph target/release/throughline-gateway \
    && mkdir /out/data

# No shell and no package manager; `throughline health` is all that a health check needs.
FROM gcr.io/distroless/cc-debian12:nonroot AS services
COPY --from=build /out/bin/throughline /out/bin/throughline-graph /out/bin/throughline-gateway /usr/local/bin/
# A volume that is new takes its owner from here.
COPY --from=build --chown=nonroot:nonroot /out/data /data
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/throughline/
WORKDIR /data
USER nonroot
CMD ["throughline", "--help"]

FROM node:22.23.3-bookworm-slim AS site-build
WORKDIR /src/astro-frontend
ARG THROUGHLINE_COMMIT=""
ENV ASTRO_TELEMETRY_DISABLED=1
COPY astro-frontend/package.json astro-frontend/package-lock.json astro-frontend/.npmrc ./
COPY astro-frontend/shared/package.json shared/
COPY astro-frontend/site/package.json site/
RUN --mount=type=cache,target=/root/.npm npm ci
COPY proto /src/proto
COPY astro-frontend ./
# The image has a Node of its own.
RUN npm run generate && npm run build && npm prune --omit=dev && rm -rf node_modules/node-linux-*

FROM node:22.23.3-bookworm-slim AS site
ENV NODE_ENV=production
WORKDIR /app/site
COPY --from=site-build /src/astro-frontend/package.json /app/
COPY --from=site-build /src/astro-frontend/node_modules /app/node_modules
COPY --from=site-build /src/astro-frontend/shared/package.json /app/shared/
COPY --from=site-build /src/astro-frontend/site/package.json /src/astro-frontend/site/sentry.server.config.ts ./
COPY --from=site-build /src/astro-frontend/site/server server
COPY --from=site-build /src/astro-frontend/site/src src
COPY --from=site-build /src/astro-frontend/site/dist dist
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/throughline/
USER node
CMD ["node", "--import", "./sentry.server.config.ts", "server/main.ts"]
