# syntax=docker/dockerfile:1
# One static binary in an image without a shell. Build for several platforms:
#   docker buildx build --platform linux/amd64,linux/arm64 -t plumbline .
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH VERSION=devel
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /plumbline ./cmd/plumbline \
 && mkdir -p /out/var/lib/plumbline

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /plumbline /plumbline
# The store's folder, owned by the user that the service runs as.
COPY --from=build --chown=nonroot:nonroot /out/var/lib/plumbline /var/lib/plumbline
USER nonroot:nonroot
VOLUME /var/lib/plumbline
EXPOSE 9847
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["/plumbline", "healthcheck", "--config", "/etc/plumbline/plumbline.yaml"]
ENTRYPOINT ["/plumbline"]
CMD ["serve", "--config", "/etc/plumbline/plumbline.yaml"]
