#!/usr/bin/env bash
# Deploys Postern and two sample applications to Cloud Run; README.md walks through it. Run it again after every change: it
# adds what is missing, replaces what differs, and leaves secrets alone that are there.
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'END'
Usage: deploy.sh one|apart [--dry-run] [--skip-images] [--settings FILE]

  one            all three services in one process, sessions in memory
  apart          each service alone, sessions in Redis
  --dry-run      print the commands and run none
  --skip-images  the images are there already
  --settings     left out: the file `settings` beside this script (see settings.example)
END
}

fail() {
  printf 'deploy.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

# ------------------------------------------------------------------------------------------------------- what is asked for

shape='' dry_run='' skip_images='' settings=settings
while [ $# -gt 0 ]; do
  case "$1" in
    one | apart) shape=$1 ;;
    --dry-run) dry_run=yes ;;
    --skip-images) skip_images=yes ;;
    --settings)
      settings=${2:-}
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      fail "unknown argument $1" 64
      ;;
  esac
  shift
done
[ -n "$shape" ] || { usage >&2; fail 'say one or apart' 64; }
[ -f "$settings" ] || fail "there is no file $settings: cp cloudrun/settings.example cloudrun/settings, and change it" 64
case "$settings" in /*) ;; *) settings=./$settings ;; esac
# shellcheck source=settings.example
. "$settings"

needed='PROJECT PROJECT_NUMBER REGION DOMAIN EMAIL_DOMAIN IDP_CLIENT_ID IDP_CLIENT_SECRET_FILE TAG'
if [ "$shape" = apart ]; then
  needed="$needed REDIS_URL_AUTHORIZE_FILE REDIS_URL_AUTHENTICATE_FILE REDIS_CA_FILE NETWORK SUBNET"
fi
for name in $needed; do
  [ -n "${!name:-}" ] || fail "$name is not set in $settings" 64
done

# --------------------------------------------------------------------------------------------------------------- the tools

number=0
step() {
  number=$((number + 1))
  printf '\n%s. %s\n' "$number" "$1"
}

# A command as it could be pasted; what begins with `  #` is a remark.
show() {
  local word
  printf '   $'
  for word in "$@"; do
    case "$word" in
      '  #'*) printf ' %s' "$word" ;;
      *[!A-Za-z0-9_./:=@,+-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
}

run() {
  show "$@"
  if [ -z "$dry_run" ]; then "$@"; fi
}

# ensure LOOK… -- MAKE…: makes what looking does not find.
ensure() {
  local look=()
  while [ "$1" != -- ]; do
    look+=("$1")
    shift
  done
  shift
  if [ -n "$dry_run" ]; then
    show "$@" '  # unless it is there'
  elif "${look[@]}" >/dev/null 2>&1; then
    printf '   it is there: %s\n' "${look[*]}"
  else
    run "$@"
  fi
}

# The text with every ${NAME} of the settings filled in. A name that is left is a mistake.
render() {
  local text name
  text=$(cat "$1")
  for name in PROJECT PROJECT_NUMBER REGION DOMAIN EMAIL_DOMAIN IDP_CLIENT_ID TAG NETWORK SUBNET ROUTES CONFIG_DIGEST; do
    text=${text//"\${$name}"/"${!name:-}"}
  done
  # shellcheck disable=SC2016 # the two characters themselves
  case "$text" in *'${'*) fail "$1 has a name that no setting fills in" ;; esac
  printf '%s\n' "$text"
}

account() {
  printf '%s@%s.iam.gserviceaccount.com' "$1" "$PROJECT"
}

workdir=$(mktemp -d "${TMPDIR:-/tmp}/postern-deploy.XXXXXX")
trap 'rm -rf "$workdir"' EXIT

secret() {
  ensure gcloud secrets describe "$1" "--project=$PROJECT" -- \
    gcloud secrets create "$1" --replication-policy=automatic "--project=$PROJECT"
}

# What this file holds becomes the newest version, unless it is that already.
put_secret() {
  secret "$1"
  if [ -n "$dry_run" ]; then
    show gcloud secrets versions add "$1" "--data-file=$3" "--project=$PROJECT" '  # unless it holds the same'
  elif gcloud secrets versions access latest "--secret=$1" "--project=$PROJECT" 2>/dev/null | cmp -s - "$2"; then
    printf '   it holds the same: %s\n' "$1"
  else
    [ -s "$2" ] || fail "$2 is empty or not there"
    run gcloud secrets versions add "$1" "--data-file=$2" "--project=$PROJECT"
  fi
}

# Made here once, and never again: a new one would sign people out.
make_secret() {
  secret "$1"
  local file=$workdir/$1 versions
  if [ -n "$dry_run" ]; then
    show gcloud secrets versions add "$1" --data-file=- "--project=$PROJECT" "  # $2; unless it has a version"
    return
  fi
  versions=$(gcloud secrets versions list "$1" --filter=state=ENABLED '--format=value(name)' --limit=1 "--project=$PROJECT")
  if [ -n "$versions" ]; then
    printf '   it has a version: %s\n' "$1"
    return
  fi
  case "$1" in
    *-key) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$file" 2>/dev/null ;;
    *) openssl rand -base64 32 | tr -d '\n' >"$file" ;;
  esac
  run gcloud secrets versions add "$1" "--data-file=$file" "--project=$PROJECT"
}

may_read() {
  run gcloud secrets add-iam-policy-binding "$2" "--member=serviceAccount:$(account "$1")" \
    --role=roles/secretmanager.secretAccessor "--project=$PROJECT"
}

may_invoke() {
  run gcloud run services add-iam-policy-binding "$2" "--member=serviceAccount:$(account "$1")" \
    --role=roles/run.servicesInvoker "--region=$REGION" "--project=$PROJECT"
}

everybody_may_open() {
  run gcloud run services add-iam-policy-binding "$1" --member=allUsers --role=roles/run.invoker \
    "--region=$REGION" "--project=$PROJECT"
}

replace() {
  render "$1" >"$workdir/$(basename "$1")"
  show gcloud run services replace "$1" "--region=$REGION" "--project=$PROJECT"
  if [ -z "$dry_run" ]; then
    gcloud run services replace "$workdir/$(basename "$1")" "--region=$REGION" "--project=$PROJECT"
  fi
}

map_domain() {
  ensure gcloud beta run domain-mappings describe "--domain=$2" "--region=$REGION" "--project=$PROJECT" -- \
    gcloud beta run domain-mappings create "--service=$1" "--domain=$2" "--region=$REGION" "--project=$PROJECT"
}

# -------------------------------------------------------------------------------------------------------------------- steps

# base64 of GNU breaks lines and that of BSD does not; neither does without these line breaks.
render routes.yaml >"$workdir/routes.yaml"
# shellcheck disable=SC2034 # render reads it by its name
ROUTES=$(base64 <"$workdir/routes.yaml" | tr -d '\n')
registry="$REGION-docker.pkg.dev/$PROJECT/postern"
if [ "$shape" = one ]; then
  accounts='postern' public='postern' front='postern' images='run'
else
  accounts='postern-proxy postern-authorize postern-authenticate' public='postern-proxy postern-authenticate'
  front='postern-proxy' images='proxy authorize authenticate run'
fi

step 'The services of Google that this needs.'
run gcloud services enable run.googleapis.com secretmanager.googleapis.com artifactregistry.googleapis.com "--project=$PROJECT"

step 'An account for each service. None has a role in the project; one more, without any right, is for the applications.'
for name in $accounts sample-applications; do
  ensure gcloud iam service-accounts describe "$(account "$name")" "--project=$PROJECT" -- \
    gcloud iam service-accounts create "$name" "--project=$PROJECT"
done

if [ -z "$skip_images" ]; then
  step 'The images, from this checkout.'
  ensure gcloud artifacts repositories describe postern "--location=$REGION" "--project=$PROJECT" -- \
    gcloud artifacts repositories create postern --repository-format=docker "--location=$REGION" "--project=$PROJECT"
  run gcloud auth configure-docker "$REGION-docker.pkg.dev" --quiet
  for name in $images dev; do
    run docker build --build-arg "SERVICE=$name" --tag "$registry/$name:$TAG" ..
    run docker push "$registry/$name:$TAG"
  done
fi

step 'Two applications. Both are private: nobody may invoke them yet.'
run gcloud run deploy hello --image=us-docker.pkg.dev/cloudrun/container/hello --no-allow-unauthenticated \
  "--service-account=$(account sample-applications)" "--region=$REGION" "--project=$PROJECT"
run gcloud run deploy verify "--image=$registry/dev:$TAG" --args=verify --no-allow-unauthenticated \
  "--set-env-vars=PROXY_URL=https://verify.$DOMAIN,ROUTE_HOST=verify.$DOMAIN" \
  "--service-account=$(account sample-applications)" "--region=$REGION" "--project=$PROJECT"

step 'Configuration and secrets. Each account may read what its service needs, secret by secret.'
render "$shape/config.yaml" >"$workdir/config.yaml"
# Another configuration is another revision, though nothing else of the service changes.
# shellcheck disable=SC2034 # render reads it by its name
CONFIG_DIGEST=$(openssl dgst -sha256 <"$workdir/config.yaml" | sed 's/.* //' | cut -c 1-16)
put_secret postern-config "$workdir/config.yaml" "$shape/config.yaml"
put_secret postern-idp-client-secret "$IDP_CLIENT_SECRET_FILE" "$IDP_CLIENT_SECRET_FILE"
make_secret postern-shared-secret '32 random bytes'
make_secret postern-cookie-secret '32 random bytes'
make_secret postern-signing-key 'a P-256 key'
if [ "$shape" = one ]; then
  for name in config idp-client-secret shared-secret cookie-secret signing-key; do
    may_read postern "postern-$name"
  done
else
  put_secret postern-redis-url-authorize "$REDIS_URL_AUTHORIZE_FILE" "$REDIS_URL_AUTHORIZE_FILE"
  put_secret postern-redis-url-authenticate "$REDIS_URL_AUTHENTICATE_FILE" "$REDIS_URL_AUTHENTICATE_FILE"
  put_secret postern-redis-ca "$REDIS_CA_FILE" "$REDIS_CA_FILE"
  may_read postern-proxy postern-config
  for name in config shared-secret signing-key redis-url-authorize redis-ca; do
    may_read postern-authorize "postern-$name"
  done
  for name in config shared-secret cookie-secret idp-client-secret redis-url-authenticate redis-ca; do
    may_read postern-authenticate "postern-$name"
  done
fi

step 'Postern.'
if [ "$shape" = one ]; then
  replace one/postern.yaml
else
  replace apart/authorize.yaml
  replace apart/authenticate-grpc.yaml
  replace apart/authenticate.yaml
  replace apart/proxy.yaml
fi

step 'Who may invoke what. Grants take a few minutes to count.'
for name in $public; do everybody_may_open "$name"; done
if [ "$shape" = apart ]; then
  may_invoke postern-proxy postern-authorize
  may_invoke postern-proxy postern-authenticate-grpc
  may_invoke postern-authorize postern-authenticate-grpc
fi
may_invoke "$front" hello
may_invoke "$front" verify

step 'Names. hello-direct goes around Postern, to show that this leads nowhere.'
if [ -n "${DNS_ZONE:-}" ]; then
  zone_file=zone.txt
  if [ -z "$dry_run" ]; then
    zone_file=$workdir/zone.txt
    render zone.txt >"$zone_file"
  fi
  ensure gcloud dns record-sets describe "*.$DOMAIN." --type=CNAME "--zone=$DNS_ZONE" "--project=$PROJECT" -- \
    gcloud dns record-sets import "$zone_file" --zone-file-format "--zone=$DNS_ZONE" "--project=$PROJECT"
else
  printf '   Publish this where your DNS is: %s\n' "$(render zone.txt)"
fi
map_domain "$front" "hello.$DOMAIN"
map_domain "$front" "verify.$DOMAIN"
if [ "$shape" = one ]; then map_domain postern "authenticate.$DOMAIN"; else map_domain postern-authenticate "authenticate.$DOMAIN"; fi
map_domain hello "hello-direct.$DOMAIN"

step 'A job that asks whether all is well, with the account and the secrets of what faces the applications.'
looks_at='config,google,upstreams,redis,idp,services,hosts,clock'
files='/postern/config.yaml=postern-config:latest'
services=proxy
if [ "$shape" = one ]; then
  services=all
  for name in idp-client-secret shared-secret cookie-secret signing-key; do
    files="$files,/secrets/$name/value=postern-$name:latest"
  done
fi
job=(gcloud run jobs deploy postern-doctor "--image=$registry/run:$TAG"
  "--args=^;^doctor;--config=/postern/config.yaml;--services=$services;--only=$looks_at" "--set-secrets=$files"
  "--service-account=$(account "$front")" --max-retries=0 "--region=$REGION" "--project=$PROJECT")
if [ -n "$dry_run" ]; then show "${job[@]}" '--set-env-vars=ROUTES=…'; else run "${job[@]}" "--set-env-vars=ROUTES=$ROUTES"; fi

printf '\nThen open https://hello.%s. Certificates of new names take up to half an hour. Is all well?\n' "$DOMAIN"
show gcloud run jobs execute postern-doctor --wait "--region=$REGION" "--project=$PROJECT"
