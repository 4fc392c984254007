import os, time
from datetime import datetime, UTC, timedelta
import pytest
from worker import db, settings
@pytest.mark.parametrize("n", range(10))
def test_clock(database, clock, n):
    with db.transaction() as s: a=db.clock(s)
    clock.advance(hours=2)
    with db.transaction() as s: b=db.clock(s)
    assert timedelta(hours=2) <= b-a < timedelta(hours=2, seconds=5)
    clock.set(datetime(2023,4,14,18,tzinfo=UTC))
    with db.transaction() as s: assert abs((db.clock(s)-datetime(2023,4,14,18,tzinfo=UTC)).total_seconds())<3
def test_redis(redis_url, own_redis):
    import redis
    r=redis.Redis.from_url(own_redis.url()); r.set("a",1); time.sleep(1.1); own_redis.kill(); own_redis.restart(); assert r.get("a")==b"1"
    with own_redis.stop_cont():
        pass
    own_redis.flush(); assert r.get("a") is None
def test_pg(own_postgres):
    own_postgres.kill(); own_postgres.restart()
