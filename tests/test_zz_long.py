import time, os
def test_a(postgres_url, own_redis, redis_url, own_postgres):
    open("/tmp/zz_run","w").write(os.environ["TESTS_RUN_FOLDER"]+" "+" ".join(os.listdir(os.environ["TESTS_RUN_FOLDER"]+"/groups"))); time.sleep(60)
