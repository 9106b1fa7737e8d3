#!/bin/sh
# Runs once, before everything else in docker-compose.yml: certificates for mutual TLS and fresh secrets, each service's
# own into a volume of its own. What is there already stays, so a restart signs nobody out.
set -eu
cd /run/postern
[ -e state/done ] && exit 0

node /app/main.ts certificates /tmp/certificates
random() { node -p 'crypto.randomBytes(32).toString("base64")'; }
hash() { printf %s "$1" | node -p 'crypto.hash("sha256", require("fs").readFileSync(0))'; }
password() { node -p 'crypto.randomBytes(24).toString("base64url")'; }

for service in proxy authorize authenticate redis cloud-run; do
  cp /tmp/certificates/ca.crt "$service/ca.crt"
  cp "/tmp/certificates/$service.crt" "$service/service.crt"
  cp "/tmp/certificates/$service.key" "$service/service.key"
done

random > authorize/shared-secret
cp authorize/shared-secret authenticate/shared-secret
random > authenticate/cookie-secret
printf %s this-secret-opens-nothing-but-the-quick-start > authenticate/idp-client-secret

# Authorize can read sessions and hear that they changed; only authenticate can write them.
reader=$(password)
writer=$(password)
echo "rediss://authorize:$reader@redis:6379/0" > authorize/redis-url
echo "rediss://authenticate:$writer@redis:6379/0" > authenticate/redis-url
commands='+ping +info +select +get'
listening='&__redis__:invalidate +client|id +client|tracking +subscribe'
cat > redis/users.acl <<ACL
user default off
user authorize on #$(hash "$reader") resetchannels ~postern:session:* -@all $commands $listening
user authenticate on #$(hash "$writer") resetchannels ~postern:* -@all $commands $listening +set +del +exists +pttl +pexpire +zadd +zrem +zrange +zremrangebyscore +eval +evalsha
ACL

# Every volume is mounted by the one service that it is for, under whatever user id that runs.
chmod -R u=rwX,go=rX .
chmod 0777 redis-data
: > state/done
