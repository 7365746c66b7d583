"""The refund dialogue that several tests use."""

REFUND = """
scenario: refund
title: 환불
start: hello
steps:
  hello:
    say: "안녕하세요, 무엇을 도와드릴까요?"
    choose:
      - {label: 환불, goto: order_no}
      - {label: 배송 조회, goto: order_no}
      - {label: 상담사 연결, goto: person}
    otherwise: person
  order_no:
    ask: order_no
    prompt: 주문번호 10자리를 알려 주세요.
    pattern: "[0-9]{10}"
    retries: 2
    on_fail: person
    next: find
  find: {do: find_order, with: {order_no: "{{ order_no }}"}, save: order, timeout: 5s, on_error: person, next: decide}
  decide:
    branch: [{when: "order.status == '배송완료'", goto: confirm}]
    else: person
  confirm:
    say: "{{ order.item }} 환불을 진행할까요?"
    choose: [{label: "네, 환불할게요", goto: done}, {label: 아니요, goto: stop}]
  done: {say: 환불을 접수했습니다., next: stop}
  stop: {end: resolved}
  person: {handoff: {category: 환불, priority: high}, closed: leave, nobody: leave}
  leave: {leave_message: [name, phone, message], say: 남겨 주신 내용을 확인하고 답변드릴게요.}
"""
