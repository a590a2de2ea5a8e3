# Sourced by what needs a server to look at: `start_demo OPTION...` starts a demo on free ports with data of its own, which ends
# with the shell. Then `url` is where its page is, `link` lets the administrator in once, `mqtt` is where sensors connect,
# `token` is the administrator's for the API, and `log` is what the server had to say.

work=$(mktemp -d)
log=$work/log
stop() {
    if [ -n "${demo:-}" ]; then kill "$demo" 2>/dev/null || true; wait "$demo" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap stop EXIT

start_demo() {
    mkfifo "$work/out"
    "${DAYI:-${CARGO_TARGET_DIR:-target}/debug/dayi}" demo --http 127.0.0.1:0 --mqtt 127.0.0.1:0 --data "$work/data" "$@" \
        >"$work/out" 2>"$log" &
    demo=$!
    url=
    link=
    mqtt=
    token=
    while read -r line; do
        case $line in
            *sign-in*) link=${link:-$(sed -E 's|.*(http://[^ ]+).*|\1|' <<<"$line")} ;;
            *mqtt://*) mqtt=$(sed -E 's|.*mqtt://([0-9.:]+).*|\1|' <<<"$line") ;;
            *"admin token"*) token=$(sed -E 's|.*token +([0-9a-f]+).*|\1|' <<<"$line") ;;
            *http://*) url=http://$(sed -E 's|.*http://([0-9.:]+).*|\1|' <<<"$line") ;;
            *Ctrl-C*) break ;;
        esac
    done <"$work/out"
    if [ -z "$url" ]; then
        echo "the demo did not start:" >&2
        cat "$log" >&2
        exit 1
    fi
    # Keep the pipe open and read, so that the demo never waits for it.
    cat "$work/out" >/dev/null &
}
