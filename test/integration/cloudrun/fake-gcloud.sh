#!/usr/bin/env bash
# Stands in for gcloud and docker: writes down what it is asked, remembers what was made, and answers as if it were Google.
set -euo pipefail
state=${FAKE_GCLOUD_STATE:?}
printf '%s\n' "$(basename "$0") $*" >>"$state/calls"

value() {
  local name=$1 word
  shift
  for word in "$@"; do
    case "$word" in "--$name="*) printf '%s' "${word#*=}" ;; esac
  done
}

made() { printf '%s/made-%s' "$state" "$(printf '%s' "$1" | tr -c 'A-Za-z0-9_.-' '_')"; }

case "$(basename "$0") $*" in
  'gcloud secrets create '*) : >"$(made "secret $3")" ;;
  'gcloud secrets describe '*) [ -e "$(made "secret $3")" ] ;;
  'gcloud secrets versions add '*) cp "$(value data-file "$@")" "$state/secret-$4" ;;
  'gcloud secrets versions access '*) cat "$state/secret-$(value secret "$@")" ;;
  'gcloud secrets versions list '*) if [ -e "$state/secret-$4" ]; then echo 1; fi ;;
  'gcloud iam service-accounts create '*) : >"$(made "account $4")" ;;
  'gcloud iam service-accounts describe '*) [ -e "$(made "account ${4%%@*}")" ] ;;
  'gcloud artifacts repositories create '*) : >"$(made repository)" ;;
  'gcloud artifacts repositories describe '*) [ -e "$(made repository)" ] ;;
  'gcloud beta run domain-mappings create '*) : >"$(made "domain $(value domain "$@")")" ;;
  'gcloud beta run domain-mappings describe '*) [ -e "$(made "domain $(value domain "$@")")" ] ;;
  'gcloud dns record-sets import '*) cp "$4" "$state/zone" ;;
  'gcloud dns record-sets describe '*) [ -e "$state/zone" ] ;;
  'gcloud run services replace '*) cp "$4" "$state/service-$(basename "$4")" ;;
esac
