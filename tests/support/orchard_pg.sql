-- What `dbt build` of orchard v1 leaves in PostgreSQL: seeds as tables, staging and the report as views, marts as tables.
CREATE SCHEMA analytics_raw;
CREATE SCHEMA analytics;
CREATE SCHEMA analytics_snap;
CREATE TABLE analytics_raw.customers (id integer, email text, country text, signed_up_at date, status text);
INSERT INTO analytics_raw.customers VALUES (1, 'a@example.com', 'DE', '2024-01-03', 'active'), (2, 'b@example.com', 'FR', '2024-02-11', 'active'), (3, 'c@example.com', 'US', '2024-02-29', 'closed');
CREATE TABLE analytics_raw.orders (id integer, customer_id integer, ordered_at timestamp, amount_cents integer, currency text, state text);
INSERT INTO analytics_raw.orders VALUES (10, 1, '2024-03-01 10:00:00', 1999, 'EUR', 'paid'), (11, 1, '2024-03-04 11:30:00', 500, 'EUR', 'refunded'), (12, 2, '2024-03-05 09:15:00', 12000, 'EUR', 'paid'), (13, 3, '2024-03-09 23:59:59', 4200, 'USD', 'paid');
CREATE TABLE analytics_raw.payments (id integer, order_id integer, method text, amount_cents integer, paid_at timestamp);
INSERT INTO analytics_raw.payments VALUES (100, 10, 'card', 1999, '2024-03-01 10:01:00'), (101, 12, 'transfer', 12000, '2024-03-06 00:00:00'), (102, 13, 'card', 4200, '2024-03-10 00:00:10');
CREATE VIEW analytics.stg_customers AS SELECT id AS customer_id, email, upper(country) AS country_code, cast(signed_up_at AS date) AS signed_up_on, status FROM analytics_raw.customers;
CREATE VIEW analytics.stg_orders AS SELECT id AS order_id, customer_id, cast(ordered_at AS timestamp) AS ordered_at, amount_cents, currency, state AS order_state FROM analytics_raw.orders;
CREATE VIEW analytics.stg_payments AS SELECT * FROM analytics_raw.payments;
CREATE TABLE analytics.fct_orders (order_id integer NOT NULL PRIMARY KEY, customer_id integer, ordered_at timestamp, order_state text, amount numeric(18,2), paid_cents bigint);
INSERT INTO analytics.fct_orders
SELECT o.order_id, o.customer_id, o.ordered_at, o.order_state, cast(o.amount_cents / 100.0 AS numeric(18,2)), coalesce(sum(p.amount_cents), 0)
FROM analytics.stg_orders o LEFT JOIN analytics.stg_payments p ON p.order_id = o.order_id GROUP BY 1, 2, 3, 4, 5;
CREATE TABLE analytics.dim_customers_v1 AS SELECT customer_id, email, country_code FROM analytics.stg_customers;
CREATE TABLE analytics.dim_customers_v2 AS SELECT c.customer_id, c.country_code, c.signed_up_on, count(o.order_id) AS order_count
FROM analytics.stg_customers c LEFT JOIN analytics.fct_orders o ON o.customer_id = c.customer_id WHERE c.status = 'active' GROUP BY 1, 2, 3;
CREATE VIEW analytics.rpt_revenue_by_country AS SELECT d.country_code, date_trunc('month', o.ordered_at) AS month, sum(o.amount) AS revenue, count(DISTINCT o.customer_id) AS buyers
FROM analytics.fct_orders o JOIN analytics.dim_customers_v2 d ON d.customer_id = o.customer_id WHERE o.order_state <> 'refunded' GROUP BY 1, 2;
CREATE TABLE analytics_snap.orders_snapshot AS SELECT *, md5(order_id::text) AS dbt_scd_id, ordered_at AS dbt_updated_at, ordered_at AS dbt_valid_from, NULL::timestamp AS dbt_valid_to FROM analytics.stg_orders;
